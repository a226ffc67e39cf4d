#include "common/text/invalid.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Invalid, SaysWhatWasFoundAndWhatIsExpected) {
    EXPECT_EQ(common::invalid("[queue] sync", "maybe", common::one_of({"full", "normal"})),
              "[queue] sync = maybe: expected one of: full, normal");
}

TEST(Invalid, JoinsFaults) {
    EXPECT_EQ(common::joined({}), "");
    EXPECT_EQ(common::joined({"one"}), "one");
    EXPECT_EQ(common::joined({"one", "two"}), "one; two");
    EXPECT_EQ(common::joined({"one", "two", "three"}, ", "), "one, two, three");
}

TEST(Invalid, NamesTheNearestKnownName) {
    const std::vector<std::string> known{"path", "sync", "max_size"};
    EXPECT_EQ(common::unknown("key", "synk", known),
              "unknown key \"synk\": did you mean \"sync\"? expected one of: path, sync, max_size");
    EXPECT_EQ(common::unknown("key", "colour", known),
              "unknown key \"colour\": expected one of: path, sync, max_size");
}

TEST(Nearest, AllowsTwoSlipsOrABeginning) {
    struct Row {
        std::string_view typed, nearest;
    };
    const std::vector<std::string> known{"camera_in", "card_in", "confidence_gte"};
    for (const auto& [typed, nearest] :
         {Row{"camra_in", "camera_in"}, Row{"cad_in", "card_in"}, Row{"conf", "confidence_gte"},
          Row{"acmera_in", "camera_in"}, Row{"acmrea_in", "camera_in"}, // two swaps
          Row{"xyz", ""}, Row{"", ""}, Row{"camera_innnn", ""}}) {
        SCOPED_TRACE(typed);
        EXPECT_EQ(common::nearest(typed, known), nearest);
    }
    EXPECT_EQ(common::nearest(std::string(10'000, 'c'), known), "");
    EXPECT_EQ(common::nearest("c", {}), "");
    const std::vector<std::string> brief{"run", "2", "sync"};
    for (const auto& [typed, nearest] :
         {Row{"rnu", "run"}, Row{"rum", "run"}, Row{"bum", ""}, Row{"1", ""}, Row{"on", ""}}) {
        EXPECT_EQ(common::nearest(typed, brief), nearest) << typed << ": of a short word one slip";
    }
}

} // namespace

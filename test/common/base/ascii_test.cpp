#include "common/base/ascii.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Ascii, LowersLettersOnly) {
    EXPECT_EQ(common::ascii_lower("Content-TYPE [Ä] @Z"), "content-type [Ä] @z");
    EXPECT_TRUE(common::equal_ignoring_case("HOST", "host"));
    EXPECT_FALSE(common::equal_ignoring_case("HOST", "hosts"));
    EXPECT_FALSE(common::equal_ignoring_case("[", "{")); // these differ by 0x20, as letters do
}

TEST(Ascii, TrimsBothEnds) {
    EXPECT_EQ(common::trim(" \t a b\r\n"), "a b");
    EXPECT_EQ(common::trim(" \t"), "");
    EXPECT_EQ(common::trim("\"x\" ", " \""), "x");
}

TEST(Ascii, KnowsCharactersOfUtf8) {
    EXPECT_EQ(common::utf8_length(""), 0U);
    EXPECT_EQ(common::utf8_length("ab"), 1U);
    EXPECT_EQ(common::utf8_length("\xD0\x90z"), 2U);
    EXPECT_TRUE(common::begins_with_c1("\xC2\x85"));
    EXPECT_FALSE(common::begins_with_c1("\xC2\xA0"));
    EXPECT_FALSE(common::begins_with_c1("\xC2"));
}

} // namespace

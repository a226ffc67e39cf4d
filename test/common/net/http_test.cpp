#include "common/net/http.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(Headers, AreFoundIgnoringCase) {
    const Headers headers{{"Content-Type", "a"}, {"X-One", "1"}, {"x-one", "2"}, {"Empty", ""}};
    EXPECT_EQ(find_header(headers, "content-type"), "a");
    EXPECT_EQ(find_header(headers, "X-ONE"), "1") << "the first one";
    EXPECT_EQ(find_header(headers, "empty"), "");
    EXPECT_EQ(find_header(headers, "X-On"), std::nullopt);
    EXPECT_EQ(find_header(headers, "X-One "), std::nullopt);
    EXPECT_EQ(find_header({}, "X-One"), std::nullopt);
}

TEST(Headers, OfFramingAreKnownWhateverTheirCase) {
    for (const auto* name : {"Connection", "content-length", "TRANSFER-ENCODING"}) {
        EXPECT_TRUE(is_framing_header(name)) << name;
    }
    for (const auto* name : {"", "Content-Type", "Content-Lengths", "Host", "Server", "TE"}) {
        EXPECT_FALSE(is_framing_header(name)) << name;
    }
}

struct Case {
    std::string name, value;
    bool valid;
};

class HeaderTexts : public testing::TestWithParam<Case> {};

TEST_P(HeaderTexts, AreChecked) {
    EXPECT_EQ(valid_header(GetParam().name, GetParam().value), GetParam().valid);
}

INSTANTIATE_TEST_SUITE_P(Table, HeaderTexts,
                         testing::Values(Case{"X-Key", "value", true},
                                         Case{"x!#$%&'*+-.^_`|~9", "", true},
                                         Case{"X", "a\tb c", true}, Case{"X", "caf\xc3\xa9", true},
                                         Case{"", "value", false}, Case{"X Key", "v", false},
                                         Case{"X:", "v", false}, Case{"X\r", "v", false},
                                         Case{"K\xc3\xa9y", "v", false}, Case{"X(", "v", false},
                                         Case{"X", "a\r\nEvil: 1", false}, Case{"X", "a\nb", false},
                                         Case{"X", std::string{"a\0b", 3}, false},
                                         Case{"X", "a\x7f", false}, Case{"X", "\x1b[0m", false}));

} // namespace
} // namespace common

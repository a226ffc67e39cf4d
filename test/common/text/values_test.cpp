#include "common/text/values.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

using namespace std::chrono_literals;

TEST(Values, ParsesDurations) {
    const std::pair<const char*, Millis> good[] = {
        {"0", 0ms},   {"0s", 0ms},  {"250ms", 250ms},
        {"10s", 10s}, {"5m", 5min}, {"2h", 2h},
        {"7d", 168h}, {"007s", 7s}, {"36500d", std::chrono::hours{36'500 * 24}}};
    for (const auto& [text, span] : good) {
        EXPECT_EQ(parse_duration(text), span) << text;
    }
    for (const char* text :
         {"", "10", "s", "-1s", "+1s", "1.5s", "1 s", "1S", "1sec", "1h30m", "1w", "0x10s",
          "36501d", "99999999999999999999s", "18446744073709551615ms", " 1s", "1s ", "1e3s"}) {
        const auto span = parse_duration(text);
        ASSERT_FALSE(span) << text;
        EXPECT_EQ(span.error().message,
                  "expected a whole number with a unit (ms, s, m, h, d), such as "
                  "250ms, 10s or 7d, or 0");
    }
    EXPECT_FALSE(parse_duration({"1s\0", 3}));
}

TEST(Values, ParsesSizes) {
    const std::pair<const char*, std::uint64_t> good[] = {
        {"0", 0},           {"0MiB", 0},          {"1", 1},      {"512KiB", 512U << 10},
        {"4MiB", 4U << 20}, {"1GiB", 1ULL << 30}, {"1023", 1023}};
    for (const auto& [text, bytes] : good) {
        EXPECT_EQ(parse_size(text), bytes) << text;
    }
    for (const char* text : {"", "KiB", "-1", "1.5MiB", "1KB", "1kib", "1 MiB", "1TiB", "1B",
                             "8589934592GiB", "18446744073709551615"}) {
        const auto bytes = parse_size(text);
        ASSERT_FALSE(bytes) << text;
        EXPECT_EQ(bytes.error().message,
                  "expected a whole number of bytes or one with a unit (KiB, "
                  "MiB, GiB), such as 512KiB or 1GiB");
    }
}

TEST(Values, ShowsDurationsInTheLargestWholeUnit) {
    const std::pair<Millis, const char*> shown[] = {{0ms, "0s"},  {1ms, "1ms"}, {1500ms, "1500ms"},
                                                    {90s, "90s"}, {120s, "2m"}, {24h, "1d"},
                                                    {25h, "25h"}};
    for (const auto& [span, text] : shown) {
        EXPECT_EQ(show_duration(span), text);
        EXPECT_EQ(parse_duration(text), span);
    }
}

TEST(Values, ParsesLists) {
    using Parts = std::vector<std::string>;
    EXPECT_EQ(parse_list(""), Parts{});
    EXPECT_EQ(parse_list(" , ,"), Parts{});
    EXPECT_EQ(parse_list("a"), Parts{"a"});
    EXPECT_EQ(parse_list(" a b ,c,, d"), (Parts{"a b", "c", "d"}));
}

struct Match {
    const char* glob;
    const char* text;
    bool matches;
};

class Globs : public testing::TestWithParam<Match> {};

TEST_P(Globs, Match) {
    EXPECT_EQ(glob_matches(GetParam().glob, GetParam().text), GetParam().matches)
        << GetParam().glob << " on " << GetParam().text;
}

INSTANTIATE_TEST_SUITE_P(
    Table, Globs,
    testing::Values(Match{"*", "", true}, Match{"*", "any", true}, Match{"", "", true},
                    Match{"", "a", false}, Match{"a", "a", true}, Match{"a", "A", false},
                    Match{"a", "ab", false}, Match{"ab", "a", false}, Match{"door*", "door", true},
                    Match{"door*", "door 1", true}, Match{"door*", "a door", false},
                    Match{"*door", "a door", true}, Match{"*door", "doors", false},
                    Match{"a*b*c", "aXbXbXc", true}, Match{"a*b*c", "acb", false},
                    Match{"*aab", "aaab", true}, Match{"a**b", "ab", true}, Match{"?", "a", true},
                    Match{"?", "", false}, Match{"?", "ab", false}, Match{"?", "\xd0\xb4", true},
                    Match{"??", "\xd0\xb4", false}, Match{"\xd0\xb4?", "\xd0\xb4\xd0\xb2", true},
                    Match{"*?", "\xd0\xb4", true}, Match{"*?x", "\xd0\xb4x", true},
                    Match{"?*?", "a", false}, Match{"[a]", "[a]", true}, Match{"[a]", "a", false},
                    Match{"a.c", "abc", false}, Match{"\\*", "\\x", true}));

TEST(Values, MatchesAGlobOfManyStarsQuickly) {
    EXPECT_FALSE(glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(20'000, 'a')));
}

} // namespace
} // namespace common

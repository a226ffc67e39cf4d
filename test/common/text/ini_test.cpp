#include "common/text/ini.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace common {
namespace {

using namespace std::chrono_literals;

TEST(Settings, LinesWithTheirPlaces) {
    const auto text = read_settings("\xef\xbb\xbf; comment\r\n"
                                    "[server]\r\n"
                                    "  url = http://host/?a=b;c#d  \r\n"
                                    "# comment\n"
                                    "\n"
                                    "empty =\n"
                                    "\t[ webhook door * ]\n"
                                    "url=x");
    EXPECT_TRUE(text.errors.empty());
    ASSERT_EQ(text.sections.size(), 2U);
    EXPECT_EQ(text.sections[0].name, "server");
    EXPECT_EQ(text.sections[0].line, 2);
    EXPECT_EQ(text.sections[1].name, "webhook door *");
    EXPECT_EQ(text.sections[1].line, 7);
    ASSERT_EQ(text.settings.size(), 3U);
    EXPECT_EQ(text.settings[0].section, "server");
    EXPECT_EQ(text.settings[0].key, "url");
    EXPECT_EQ(text.settings[0].value, "http://host/?a=b;c#d")
        << "a comment starts a line, never stands behind a value";
    EXPECT_EQ(text.settings[0].line, 3);
    EXPECT_EQ(text.settings[1].key, "empty");
    EXPECT_EQ(text.settings[1].value, "");
    EXPECT_EQ(text.settings[2].section, "webhook door *");
    EXPECT_EQ(text.settings[2].value, "x");
    EXPECT_EQ(text.settings[2].line, 8);
}

TEST(Settings, NothingIsNothing) {
    for (const char* text : {"", "\n\n", "; only a comment", "\xef\xbb\xbf"}) {
        const auto read = read_settings(text);
        EXPECT_TRUE(read.errors.empty() && read.settings.empty() && read.sections.empty());
    }
}

TEST(Settings, EveryFaultWithItsLine) {
    const std::string text = "early = 1\n"       // 1
                             "[a]\n"             // 2
                             "key = 1\n"         // 3
                             "Key = 1\n"         // 4: another key
                             "key = 2\n"         // 5
                             "no equals\n"       // 6
                             "= value\n"         // 7
                             "[]\n"              // 8
                             "lost = 1\n"        // 9: said already
                             "[b\n"              // 10
                             "[a]\n"             // 11
                             "other = \x1b[0m\n" // 12
                             "more = 1\n";       // 13: of [a] all the same
    const auto read = read_settings(text);
    std::vector<int> lines;
    for (const auto& fault : read.errors) {
        EXPECT_FALSE(fault.message.empty());
        lines.push_back(fault.line);
    }
    EXPECT_EQ(lines, (std::vector{1, 5, 6, 7, 8, 10, 11, 12}));
    ASSERT_EQ(read.settings.size(), 3U);
    EXPECT_EQ(read.settings[0].value, "1");
    EXPECT_EQ(read.settings[1].key, "Key");
    EXPECT_EQ(read.settings[2].key, "more");
    EXPECT_NE(read.errors[1].message.find("line 3"), std::string::npos) << read.errors[1].message;
    EXPECT_NE(read.errors[6].message.find("line 2"), std::string::npos) << read.errors[6].message;
}

TEST(Settings, Durations) {
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
        EXPECT_FALSE(parse_duration(text)) << text;
    }
    EXPECT_FALSE(parse_duration({"1s\0", 3}));
}

TEST(Settings, Sizes) {
    const std::pair<const char*, std::uint64_t> good[] = {
        {"0", 0},           {"0MiB", 0},          {"1", 1},      {"512KiB", 512U << 10},
        {"4MiB", 4U << 20}, {"1GiB", 1ULL << 30}, {"1023", 1023}};
    for (const auto& [text, bytes] : good) {
        EXPECT_EQ(parse_size(text), bytes) << text;
    }
    for (const char* text : {"", "KiB", "-1", "1.5MiB", "1KB", "1kib", "1 MiB", "1TiB", "1B",
                             "8589934592GiB", "18446744073709551615"}) {
        EXPECT_FALSE(parse_size(text)) << text;
    }
}

TEST(Settings, DurationsAreShownInTheirLargestWholeUnit) {
    const std::pair<Millis, const char*> shown[] = {{0ms, "0s"},  {1ms, "1ms"}, {1500ms, "1500ms"},
                                                    {90s, "90s"}, {120s, "2m"}, {24h, "1d"},
                                                    {25h, "25h"}};
    for (const auto& [span, text] : shown) {
        EXPECT_EQ(show_duration(span), text);
        EXPECT_EQ(parse_duration(text), span);
    }
}

TEST(Settings, Lists) {
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
    EXPECT_EQ(glob_matches(GetParam().glob, GetParam().text), GetParam().matches);
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

TEST(Settings, AGlobOfManyStarsIsQuick) {
    EXPECT_FALSE(glob_matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(20'000, 'a')));
}

TEST(Settings, FilesThatCannotBeReadAreNamed) {
    const auto gone = read_file("/nowhere/file.ini");
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().message, "cannot open /nowhere/file.ini: No such file or directory");
    const auto folder = read_file("/");
    ASSERT_FALSE(folder);
    EXPECT_EQ(folder.error().message, "cannot read /: Is a directory");
    const auto self = read_file("/proc/self/cmdline");
    ASSERT_TRUE(self);
    EXPECT_NE(self->find("test_common_text"), std::string::npos);
}

} // namespace
} // namespace common

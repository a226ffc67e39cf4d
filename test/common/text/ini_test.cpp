#include "common/text/ini.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(Ini, ReadsSettingsWithTheirLines) {
    const auto text = parse_ini("\xef\xbb\xbf; comment\r\n"
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
        << "a comment starts a line and never follows a value";
    EXPECT_EQ(text.settings[0].line, 3);
    EXPECT_EQ(text.settings[1].key, "empty");
    EXPECT_EQ(text.settings[1].value, "");
    EXPECT_EQ(text.settings[2].section, "webhook door *");
    EXPECT_EQ(text.settings[2].value, "x");
    EXPECT_EQ(text.settings[2].line, 8);
}

TEST(Ini, AcceptsAnEmptyFile) {
    for (const char* text : {"", "\n\n", "; only a comment", "\xef\xbb\xbf"}) {
        const auto read = parse_ini(text);
        EXPECT_TRUE(read.errors.empty() && read.settings.empty() && read.sections.empty()) << text;
    }
}

TEST(Ini, ReportsEveryFaultWithItsLine) {
    const std::string text = "early = 1\n"       // 1
                             "[a]\n"             // 2
                             "key = 1\n"         // 3
                             "Key = 1\n"         // 4: another key
                             "key = 2\n"         // 5
                             "no equals\n"       // 6
                             "= value\n"         // 7
                             "[]\n"              // 8
                             "lost = 1\n"        // 9: the bad section was reported
                             "[b\n"              // 10
                             "[a]\n"             // 11
                             "other = \x1b[0m\n" // 12
                             "more = 1\n";       // 13: belongs to [a] nevertheless
    const auto read = parse_ini(text);
    std::vector<std::string> faults;
    for (const auto& fault : read.errors) {
        faults.push_back(std::to_string(fault.line) + ": " + fault.message);
    }
    EXPECT_EQ(faults, (std::vector<std::string>{
                          "1: key \"early\" is outside any section: expected [section] before it",
                          "5: [a] key is already set in line 3: expected each key once",
                          "6: \"no equals\" is not a setting: expected key = value (comments start "
                          "with ; or #)",
                          "7: no key before \"=\": expected key = value",
                          "8: \"[]\" is not a section header: expected [section]",
                          "10: \"[b\" is not a section header: expected [section]",
                          "11: section [a] already begins in line 2: expected its keys there",
                          "12: invalid control character: expected plain text",
                      }));
    ASSERT_EQ(read.settings.size(), 3U);
    EXPECT_EQ(read.settings[0].value, "1");
    EXPECT_EQ(read.settings[1].key, "Key");
    EXPECT_EQ(read.settings[2].key, "more");
}

} // namespace
} // namespace common

#include "common/text/plain_text.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

using namespace std::string_literals;
using Lines = std::vector<std::string_view>;

TEST(PlainText, ReadsOverAByteOrderMarkAndRefusesWhatIsNoText) {
    const struct {
        std::string bytes;
        const char* text;  // null: refused
        const char* fault; // part of it
    } rows[] = {
        {"", "", ""},
        {"\xef\xbb\xbf", "", ""},
        {"\xef\xbb\xbfgeheim\r\n", "geheim\r\n", ""},
        {"gehe\xc3\xadm \xef\xbb\xbf", "gehe\xc3\xadm \xef\xbb\xbf", ""},
        {"\xff\xfeg\0e\0"s, nullptr, "the text is UTF-16: expected UTF-8"},
        {"\xfe\xff\0g"s, nullptr, "the text is UTF-16: expected UTF-8"},
        {"\xff\xfe\0\0g\0\0\0"s, nullptr, "the text is UTF-32: expected UTF-8"},
        {"\0\0\xfe\xff\0\0\0g"s, nullptr, "the text is UTF-32: expected UTF-8"},
        {"g\0e\0h\0"s, nullptr, "a NUL byte in line 1 (is it UTF-16?): expected text in UTF-8"},
        {"\0g"s, nullptr, "a NUL byte in line 1 (is it UTF-16?): expected text in UTF-8"},
        {"one\ntwo\ngeheim\0"s, nullptr, "a NUL byte in line 3: expected text in UTF-8"},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(testing::PrintToString(row.bytes));
        const auto text = plain_text(row.bytes);
        ASSERT_EQ(text.has_value(), row.text != nullptr);
        if (text) {
            EXPECT_EQ(*text, row.text);
        } else {
            EXPECT_EQ(text.error().fault, Fault::input);
            EXPECT_NE(text.error().message.find(row.fault), std::string::npos)
                << text.error().message;
            EXPECT_EQ(text.error().message.find("geheim"), std::string::npos);
        }
    }
}

TEST(PlainText, KnowsTheLineEndsOfEverySystem) {
    EXPECT_EQ(lines_of(""), Lines{});
    EXPECT_EQ(lines_of("one"), Lines{"one"});
    EXPECT_EQ(lines_of("one\ntwo\n"), (Lines{"one", "two"}));
    EXPECT_EQ(lines_of("one\r\ntwo\r\n"), (Lines{"one", "two"}));
    EXPECT_EQ(lines_of("one\rtwo\r"), (Lines{"one", "two"}));
    EXPECT_EQ(lines_of("\r\n\n\rx"), (Lines{"", "", "", "x"}));
}

TEST(PlainText, TakesOffWhatCannotBeSeen) {
    EXPECT_EQ(without_blanks("pa ss"), "pa ss");
    EXPECT_EQ(without_blanks(" \t pa ss\t "), "pa ss");
    EXPECT_EQ(without_blanks("\xc2\xa0pass\xe2\x80\x8b\xc2\xa0 "), "pass");
    EXPECT_EQ(without_blanks("\xef\xbb\xbfpass\xef\xbb\xbf"), "pass");
    EXPECT_EQ(without_blanks(" \xc2\xa0 "), "");
    EXPECT_EQ(without_blanks(""), "");
    EXPECT_EQ(without_blanks("\xc3\xa0"), "\xc3\xa0") << "a letter that ends with the same byte";
}

TEST(PlainText, KnowsQuotes) {
    for (const auto* quoted : {"\"a\"", "'a'", "\"\"",
                               "\xe2\x80\x9c"
                               "a\xe2\x80\x9d",
                               "\xe2\x80\x9e"
                               "a\xe2\x80\x9c"}) {
        EXPECT_TRUE(is_quoted(quoted)) << quoted;
    }
    for (const auto* plain : {"", "\"", "'", "a", "\"a'", "\"a", "a\"", "a\"b\"c"}) {
        EXPECT_FALSE(is_quoted(plain)) << plain;
    }
}

} // namespace
} // namespace common

#include "common/base/printable.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

TEST(Printable, EscapesWhatCouldForgeALineOrControlATerminal) {
    const std::pair<std::string, const char*> rows[] = {
        {"", ""},
        {"door 7 \\ \"x\" ~", "door 7 \\ \"x\" ~"},
        {"Дверь 門 é 🚪", "Дверь 門 é 🚪"},
        {"a\nb\rc\td", "a\\nb\\rc\\td"},
        {"\x1b[2J\x07\x7f", "\\x1b[2J\\x07\\u007f"},
        {std::string(1, '\0'), "\\x00"},
        {"\u0080 \u009b31m \u009f", "\\u0080 \\u009b31m \\u009f"},
        {"\u00a0", "\u00a0"},
        {"\u061c\u200e\u200f", "\\u061c\\u200e\\u200f"},
        {"\u200d\u200c", "\u200d\u200c"},
        {"\u2028\u2029\u202a\u202e\u202f", "\\u2028\\u2029\\u202a\\u202e\u202f"},
        {"\u2065\u2066\u2069\u206a", "\u2065\\u2066\\u2069\u206a"},
        {"\xff\x80", "\\xff\\x80"},
        {"\xc2", "\\xc2"},
        {"\xc2"
         "a",
         "\\xc2a"},
        {"\xc0\x8a", "\\xc0\\x8a"},
        {"\xe0\x80\x8a", "\\xe0\\x80\\x8a"},
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"},
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
        {"\xe2\x80", "\\xe2\\x80"},
        {"\xf0\x9f\x9a\xaa", "🚪"},
    };
    for (const auto& [text, shown] : rows) {
        EXPECT_EQ(printable(text), shown);
        EXPECT_EQ(needs_escapes(text), text != shown) << shown;
        EXPECT_EQ(printable(shown), shown) << "once is enough";
    }
}

TEST(Printable, KeepsLineBreaksOfOurOwn) {
    EXPECT_EQ(printable_lines("{\n  \"a\": \"\x1b\u202e\"\r\n}"),
              "{\n  \"a\": \"\\x1b\\u202e\"\\r\n}");
}

} // namespace
} // namespace common

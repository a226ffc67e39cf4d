#include "common/text/columns.hpp"

#include <gtest/gtest.h>

namespace {

using common::columns;
using Lines = std::vector<std::string>;

TEST(Columns, CountsWhatATerminalShows) {
    const struct {
        const char* text;
        std::size_t width;
    } table[] = {
        {"", 0},
        {"door", 4},
        {"Дверь", 5},   // two bytes a letter, one column
        {"e\u0301", 1}, // e with a combining acute
        {"и\u0306", 1}, // й as two code points
        {"Cafe\u0301 7", 6},
        {"大門", 4}, // two columns a letter
        {"東京ゲート1", 11},
        {"\uff21", 2},                         // full-width A
        {"\uff76\uff9e", 2},                   // half-width katakana and its mark
        {"\U0001F6AA", 2},                     // door emoji
        {"\U0001F1F7\U0001F1FA", 2},           // a flag: two letters of one column
        {"\u200b", 0},                         // zero-width space
        {"\u0e1b\u0e23\u0e30\u0e15\u0e39", 4}, // Thai with a vowel below
        {"…", 1},
        {"\U0010FFFD", 1}, // private use
    };
    for (const auto& [text, width] : table) {
        EXPECT_EQ(columns(text), width) << text;
    }
}

TEST(Columns, CutsAtTheEnd) {
    const struct {
        const char* text;
        std::size_t width;
        const char* cut;
    } table[] = {
        {"front door", 10, "front door"},
        {"front door", 9, "front do…"},
        {"front door", 1, "…"},
        {"front door", 0, ""},
        {"", 0, ""},
        {"Главный вход", 8, "Главный…"},
        {"大門入口", 8, "大門入口"},
        {"大門入口", 7, "大門入…"},
        {"大門入口", 6, "大門…"}, // a half of 入 cannot be shown
        {"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
    };
    for (const auto& [text, width, cut] : table) {
        EXPECT_EQ(common::cut_to_fit(text, width), cut) << text << ' ' << width;
        EXPECT_LE(columns(common::cut_to_fit(text, width)), width);
    }
}

TEST(Columns, CutsInTheMiddle) {
    const struct {
        const char* text;
        std::size_t width;
        const char* cut;
    } table[] = {
        {"4589691150480880065", 19, "4589691150480880065"},
        {"4589691150480880065", 10, "45896…0065"},
        {"4589691150480880065", 9, "4589…0065"},
        {"http://10.0.0.7/open/door", 15, "http://…en/door"},
        {"abc", 2, "a…"},
        {"abc", 1, "…"},
        {"abc", 0, ""},
        {"大門入口", 7, "大…口"},
        {"xe\u0301e\u0301e\u0301", 3, "x…e\u0301"},
    };
    for (const auto& [text, width, cut] : table) {
        EXPECT_EQ(common::cut_middle_to_fit(text, width), cut) << text << ' ' << width;
        EXPECT_LE(columns(common::cut_middle_to_fit(text, width)), width);
    }
}

TEST(Columns, WrapsAtBlanks) {
    const struct {
        const char* text;
        std::size_t width;
        Lines lines;
    } table[] = {
        {"", 5, {""}},
        {"one two three", 13, {"one two three"}},
        {"one two three", 12, {"one two", "three"}},
        {"one two three", 7, {"one two", "three"}},
        {"one two three", 5, {"one", "two", "three"}},
        {"one two three", 4, {"one", "two", "thre", "e"}},
        {"one  two", 5, {"one", "two"}},
        {"abcdefgh ij", 4, {"abcd", "efgh", "ij"}},
        {"大門 入口", 5, {"大門", "入口"}},
        {"大門", 1, {"大", "門"}}, // wider than the line: one letter each
        {"   x", 2, {"x"}},
        {"     ", 2, {""}},
    };
    for (const auto& [text, width, lines] : table) {
        EXPECT_EQ(common::wrapped(text, width), lines) << text << ' ' << width;
    }
}

} // namespace

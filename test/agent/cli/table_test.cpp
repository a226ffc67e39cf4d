#include "agent/cli/table.hpp"

#include "common/text/columns.hpp"

#include <gtest/gtest.h>

namespace {

using agent::Column;
using agent::Screen;
using agent::Table;
using agent::Tone;

constexpr Screen pipe{};
Screen terminal(std::size_t width) {
    return {width, false};
}

Table deliveries() {
    Table table{{{"ID", Column::Fit::whole},
                 {"STATE", Column::Fit::whole},
                 {"EVENT", Column::Fit::cut_middle},
                 {"ATTEMPTS", Column::Fit::if_room},
                 "LAST ERROR"}};
    table.add({"1.1", "pending", "4589691150480880065", "3", ""});
    table.add({"1802.16", "dead", "x", "10", "503 Service Unavailable: try again later"});
    return table;
}

/// The widest line, in columns.
std::size_t width_of(std::string_view text) {
    std::size_t width = 0;
    while (!text.empty()) {
        const auto end = text.find('\n');
        width = std::max(width, common::columns(text.substr(0, end)));
        text.remove_prefix(end + 1);
    }
    return width;
}

TEST(Table, IsWholeOnAPipe) {
    EXPECT_EQ(deliveries().text(pipe),
              "ID       STATE    EVENT                ATTEMPTS  LAST ERROR\n"
              "1.1      pending  4589691150480880065  3         \n"
              "1802.16  dead     x                    10        503 Service Unavailable: try again "
              "later\n");
    EXPECT_EQ(deliveries().text(terminal(200)), deliveries().text(pipe));
}

TEST(Table, CutsTheLongestCellsWhereTheTerminalIsTooNarrow) {
    EXPECT_EQ(deliveries().text(terminal(70)),
              "ID       STATE    EVENT                ATTEMPTS  LAST ERROR\n"
              "1.1      pending  4589691150480880065  3         \n"
              "1802.16  dead     x                    10        503 Service Unavaila…\n");
}

TEST(Table, LeavesOutColumnsThatAreOnlyUseful) {
    EXPECT_EQ(deliveries().text(terminal(45)), "ID       STATE    EVENT          LAST ERROR\n"
                                               "1.1      pending  458969…880065  \n"
                                               "1802.16  dead     x              503 Service…\n");
}

TEST(Table, ShowsABlockARowWhereColumnsDoNotFit) {
    EXPECT_EQ(deliveries().text(terminal(40)), "ID          1.1\n"
                                               "STATE       pending\n"
                                               "EVENT       4589691150480880065\n"
                                               "ATTEMPTS    3\n"
                                               "\n"
                                               "ID          1802.16\n"
                                               "STATE       dead\n"
                                               "EVENT       x\n"
                                               "ATTEMPTS    10\n"
                                               "LAST ERROR  503 Service Unavailable: try\n"
                                               "            again later\n");
}

TEST(Table, NeverGoesBeyondTheTerminal) {
    for (std::size_t width = 20; width < 120; ++width) {
        EXPECT_LE(width_of(deliveries().text(terminal(width))), width)
            << deliveries().text(terminal(width));
    }
}

TEST(Table, AlignsByColumnsAndNotByBytes) {
    Table table{{"NAME", "STATE"}};
    table.add({"Главный вход", "a"});
    table.add({"大門", "b"});
    table.add({"Cafe\u0301", "c"});
    table.add({"\U0001F6AA 7", "d"});
    EXPECT_EQ(table.text(pipe), "NAME          STATE\n"
                                "Главный вход  a\n"
                                "大門          b\n"
                                "Cafe\u0301          c\n"
                                "\U0001F6AA 7          d\n");
}

TEST(Table, EscapesWhatOthersWrote) {
    Table table{{"NAME", "X"}};
    table.add({"a\x1b[31m\n", "y"});
    EXPECT_EQ(table.text(pipe), "NAME         X\na\\x1b[31m\\n  y\n");
}

TEST(Table, ColoursCellsOnlyWhereThereAreColours) {
    Table table{{"NAME", "STATE"}};
    table.add({"a", {"dead", Tone::bad}});
    EXPECT_EQ(table.text({std::nullopt, true}),
              "\x1b[1mNAME\x1b[0m  \x1b[1mSTATE\x1b[0m\na     \x1b[31mdead\x1b[0m\n");
    EXPECT_EQ(table.text(pipe), "NAME  STATE\na     dead\n");
}

TEST(Table, ShowsItsHeadingsWithoutRows) {
    const Table table{{"KEY", "A LONG HEADING", "ANOTHER ONE"}};
    EXPECT_EQ(table.text(terminal(20)), "KEY  A LONG HEADING  ANOTHER ONE\n");
}

} // namespace

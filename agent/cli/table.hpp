// Table: rows for people, fitted to the screen. On a pipe, and where there is room, every cell is
// whole. On a narrower terminal columns that are only useful are left out, then long cells are cut
// with "…", and where not even that fits each row becomes a block, a line a cell. Pure.
#pragma once

#include "agent/cli/screen.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace agent {

struct Cell {
    std::string text; ///< as it came: the table makes it printable()
    Tone tone = Tone::plain;

    Cell(std::string words, Tone how = Tone::plain) : text{std::move(words)}, tone{how} {}
    Cell(const char* words, Tone how = Tone::plain) : text{words}, tone{how} {}
};

struct Column {
    enum class Fit : std::uint8_t {
        cut,        ///< loses its end where the screen is too narrow
        cut_middle, ///< loses its middle: ids and URLs
        whole,      ///< never cut: what people type
        if_room,    ///< whole, and left out where there is no room
    };

    std::string heading;
    Fit fit = Fit::cut;

    Column(std::string name, Fit how = Fit::cut) : heading{std::move(name)}, fit{how} {}
    Column(const char* name, Fit how = Fit::cut) : heading{name}, fit{how} {}
};

class Table {
  public:
    explicit Table(std::vector<Column> columns) : columns_{std::move(columns)} {}

    /// A cell for each column.
    void add(std::vector<Cell> cells);
    [[nodiscard]] bool empty() const { return rows_.empty(); }

    /// Lines with their ends. Where no row was added: the headings.
    [[nodiscard]] std::string text(const Screen& screen) const;

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<Cell>> rows_;
};

} // namespace agent

#include "agent/cli/table.hpp"

#include "common/base/printable.hpp"
#include "common/text/columns.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace agent {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t least_cut = 12; ///< a cell is not cut below that many columns

/// A column that is shown, and its width.
struct Slot {
    std::size_t index = 0;
    std::size_t natural = 0, least = 0, width = 0;
    Column::Fit fit = Column::Fit::cut;
};
using Slots = std::vector<Slot>;

std::size_t total(const Slots& slots, std::size_t Slot::*width) {
    return std::accumulate(slots.begin(), slots.end(), slots.empty() ? 0 : gap * (slots.size() - 1),
                           [&](std::size_t sum, const Slot& slot) { return sum + slot.*width; });
}

Slots natural_slots(const std::vector<Column>& columns,
                    const std::vector<std::vector<Cell>>& rows) {
    Slots slots;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        const auto heading = common::columns(columns[i].heading);
        Slot slot{i, heading, heading, 0, columns[i].fit};
        for (const auto& row : rows) {
            slot.natural = std::max(slot.natural, common::columns(row[i].text));
        }
        const bool is_cut = slot.fit == Column::Fit::cut || slot.fit == Column::Fit::cut_middle;
        slot.least = is_cut ? std::min(slot.natural, std::max(heading, least_cut)) : slot.natural;
        slot.width = slot.natural;
        slots.push_back(slot);
    }
    return slots;
}

/// Leaves columns out, the last first, until the least widths fit.
void leave_out(Slots& slots, std::size_t width) {
    while (total(slots, &Slot::least) > width) {
        const auto last = std::find_if(slots.rbegin(), slots.rend(), [](const Slot& slot) {
            return slot.fit == Column::Fit::if_room;
        });
        if (last == slots.rend()) {
            return;
        }
        slots.erase(std::next(last).base());
    }
}

/// Gives each column its least width and shares out what is left, the narrowest first, so that only
/// the longest are cut.
void share(Slots& slots, std::size_t width) {
    for (auto& slot : slots) {
        slot.width = slot.least;
    }
    for (auto left = width - total(slots, &Slot::width); left > 0; --left) {
        Slot* narrowest = nullptr;
        for (auto& slot : slots) {
            if (slot.width < slot.natural &&
                (narrowest == nullptr || slot.width < narrowest->width)) {
                narrowest = &slot;
            }
        }
        if (narrowest == nullptr) {
            return;
        }
        ++narrowest->width;
    }
}

std::string line_of(const Slots& slots, const std::vector<Cell>& row, const Screen& screen) {
    std::string line;
    for (const auto& slot : slots) {
        const auto& cell = row[slot.index];
        const auto shown = slot.fit == Column::Fit::cut_middle
                               ? common::cut_middle_to_fit(cell.text, slot.width)
                               : common::cut_to_fit(cell.text, slot.width);
        line += toned(shown, cell.tone, screen);
        if (&slot != &slots.back()) {
            line.append(slot.width - common::columns(shown) + gap, ' ');
        }
    }
    return line + '\n';
}

std::string block_of(const std::vector<Column>& columns, const std::vector<Cell>& row,
                     const Screen& screen) {
    std::size_t label = 0;
    for (const auto& column : columns) {
        label = std::max(label, common::columns(column.heading) + gap);
    }
    std::string block;
    for (std::size_t i = 0; i < columns.size(); ++i) {
        if (row[i].text.empty()) {
            continue;
        }
        auto first = columns[i].heading;
        first.append(label - common::columns(first), ' ');
        const auto lines = paragraph(first, row[i].text, screen);
        block +=
            toned(first, Tone::heading, screen) +
            toned(std::string_view{lines}.substr(first.size(), lines.size() - first.size() - 1),
                  row[i].tone, screen) +
            '\n';
    }
    return block;
}

} // namespace

void Table::add(std::vector<Cell> cells) {
    cells.resize(columns_.size(), Cell{""});
    for (auto& cell : cells) {
        cell.text = common::printable(cell.text);
    }
    rows_.push_back(std::move(cells));
}

std::string Table::text(const Screen& screen) const {
    auto slots = natural_slots(columns_, rows_);
    if (screen.width && total(slots, &Slot::natural) > *screen.width) {
        leave_out(slots, *screen.width);
        if (total(slots, &Slot::least) > *screen.width && !rows_.empty()) {
            std::string blocks;
            for (const auto& row : rows_) {
                blocks += (blocks.empty() ? "" : "\n") + block_of(columns_, row, screen);
            }
            return blocks;
        }
        if (total(slots, &Slot::least) <= *screen.width) {
            share(slots, *screen.width);
        }
    }
    std::vector<Cell> headings;
    for (const auto& column : columns_) {
        headings.emplace_back(column.heading, Tone::heading);
    }
    auto text = line_of(slots, headings, screen);
    for (const auto& row : rows_) {
        text += line_of(slots, row, screen);
    }
    return text;
}

} // namespace agent

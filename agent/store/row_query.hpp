// RowQuery: which rows of the queue a person wants to see, and in which order; and the search for
// their ids on the database thread.
#pragma once

#include "agent/store/selection.hpp"
#include "common/base/time.hpp"
#include "common/sqlite/database.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// By the event that was accepted first, or last. Ids grow with the events.
enum class RowOrder { oldest, newest };
std::string_view to_string(RowOrder order);
std::optional<RowOrder> parse_order(std::string_view text);

struct RowQuery {
    Selection selection{};
    std::int64_t after = 0; ///< only rows behind that id, in the order; 0: all
    std::size_t limit = 100;
    bool bodies = false; ///< whether each row comes with its event
    RowOrder order = RowOrder::oldest;
    // What is empty restricts nothing.
    std::string event_id{};                  ///< as the producer gave it
    std::optional<common::Millis> max_age{}; ///< since the event was accepted
    std::string error{}; ///< a part of the last error; ASCII letters in any case

    /// Whether more than the selection restricts the rows, so that they have to be read.
    [[nodiscard]] bool restricted() const {
        return !event_id.empty() || max_age.has_value() || !error.empty();
    }
};

/// At most `most` ids of rows that the query may select, in its order; the rows decide. Those that
/// the selection names come all. `now` is the queue time. Throws as SQLite does.
std::vector<std::int64_t> selected_ids(common::Connection& connection, const RowQuery& query,
                                       std::size_t most, std::int64_t now);

/// How many rows the selection covers; counts them. Throws as SQLite does.
std::uint64_t count_rows(common::Connection& connection, const Selection& selection);

} // namespace agent

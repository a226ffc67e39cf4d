#include "agent/store/row_query.hpp"

#include "agent/store/fresh_events.hpp"
#include "agent/store/schema.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <limits>

namespace agent {

namespace {

using common::Connection;

/// Ids between the two, neither of them included.
struct Range {
    std::int64_t low = 0;
    std::int64_t high = std::numeric_limits<std::int64_t>::max();
};

/// The rows that a selection without ids covers within ?1 and ?2, by the most selective index; ?3
/// is the webhook.
std::string selection_sql(const Selection& selection) {
    const std::string within = "id > ?1 AND id < ?2";
    const auto pending_of = "SELECT id FROM delivery INDEXED BY delivery_pending WHERE " + within +
                            " AND state = 0 AND webhook = ?3";
    const auto dead_of = "SELECT id FROM delivery INDEXED BY delivery_dead WHERE " + within +
                         " AND state = 1 AND webhook = ?3";
    if (selection.webhook) {
        return !selection.state ? "SELECT id FROM (" + pending_of + " UNION ALL " + dead_of + ")"
               : selection.state == DeliveryState::dead ? dead_of
                                                        : pending_of;
    }
    return !selection.state ? "SELECT id FROM delivery NOT INDEXED WHERE " + within
           : selection.state == DeliveryState::dead
               ? "SELECT id FROM delivery INDEXED BY delivery_dead WHERE " + within +
                     " AND state = 1"
               : "SELECT id FROM delivery NOT INDEXED WHERE " + within + " AND state = 0";
}

void bind(SQLite::Statement& statement, const Selection& selection, const Range& range) {
    statement.bind(1, range.low);
    statement.bind(2, range.high);
    if (selection.webhook) {
        statement.bind(3, *selection.webhook);
    }
}

std::vector<std::int64_t> numbers_of(SQLite::Statement& statement) {
    std::vector<std::int64_t> numbers;
    while (statement.executeStep()) {
        numbers.push_back(statement.getColumn(0).getInt64());
    }
    return numbers;
}

/// The row of the first event that was accepted at `time` or later. Events are accepted in the
/// order of their rows.
std::int64_t first_event_since(Connection& connection, std::int64_t time) {
    auto& handle = connection.handle();
    std::int64_t low = 0;
    std::int64_t high = handle.execAndGet("SELECT coalesce(max(id), 0) FROM event").getInt64() + 1;
    SQLite::Statement next{handle,
                           "SELECT id, accepted_at FROM event WHERE id >= ? ORDER BY id LIMIT 1"};
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        next.reset();
        next.bind(1, middle);
        if (next.executeStep() && next.getColumn(1).getInt64() < time) {
            low = next.getColumn(0).getInt64() + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

Range range_of(Connection& connection, const RowQuery& query, std::int64_t now) {
    Range range;
    if (query.max_age) {
        range.low =
            first_event_since(connection, now - query.max_age->count()) * deliveries_per_event - 1;
    }
    if (query.after != 0 && query.order == RowOrder::oldest) {
        range.low = std::max(range.low, query.after);
    } else if (query.after != 0) {
        range.high = query.after;
    }
    return range;
}

/// The deliveries of fresh events that the selection covers between the two. Rows decide on the
/// rest.
std::vector<std::int64_t> fresh_ids(Connection& connection, const Selection& selection,
                                    const Range& range) {
    std::vector<std::int64_t> ids;
    if (selection.state.value_or(DeliveryState::pending) != DeliveryState::pending) {
        return ids;
    }
    for (const auto& fresh : fresh_deliveries(connection, range.low)) {
        if (fresh.id < range.high && fresh.webhook == selection.webhook.value_or(fresh.webhook)) {
            ids.push_back(fresh.id);
        }
    }
    return ids;
}

/// The deliveries of the events to which a producer gave that id. Where the id is one that the
/// agent gave, no index has it.
std::vector<std::int64_t> ids_of_event(Connection& connection, const std::string& event_id,
                                       const Range& range) {
    SQLite::Statement query{
        connection.handle(),
        "SELECT d.id FROM event e INDEXED BY event_given CROSS JOIN delivery d NOT INDEXED "
        "WHERE e.event_id = ?3 AND e.given = 1 AND d.id > ?1 AND d.id < ?2 AND "
        "d.id BETWEEN e.id * 65536 AND e.id * 65536 + 65535"};
    query.bind(1, range.low);
    query.bind(2, range.high);
    query.bind(3, event_id);
    auto ids = numbers_of(query);
    for_each_given(connection, [&](std::int64_t event, std::string_view its_id, std::string_view) {
        const auto fresh = its_id == event_id ? read_fresh_event(connection, event) : std::nullopt;
        for (const auto& one : fresh ? fresh->deliveries : std::vector<FreshDelivery>{}) {
            if (one.id > range.low && one.id < range.high) {
                ids.push_back(one.id);
            }
        }
    });
    return ids;
}

void sort(std::vector<std::int64_t>& ids, RowOrder order) {
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    if (order == RowOrder::newest) {
        std::ranges::reverse(ids);
    }
}

} // namespace

std::string_view to_string(RowOrder order) {
    return order == RowOrder::newest ? "newest" : "oldest";
}

std::optional<RowOrder> parse_order(std::string_view text) {
    if (text == "oldest") {
        return RowOrder::oldest;
    }
    return text == "newest" ? std::optional{RowOrder::newest} : std::nullopt;
}

std::vector<std::int64_t> selected_ids(Connection& connection, const RowQuery& query,
                                       std::size_t most, std::int64_t now) {
    const auto range = range_of(connection, query, now);
    const auto& named = query.selection.ids;
    std::vector<std::int64_t> ids;
    if (!named.empty()) {
        std::ranges::copy_if(named, std::back_inserter(ids),
                             [&](auto id) { return id > range.low && id < range.high; });
    } else if (!query.event_id.empty()) {
        ids = ids_of_event(connection, query.event_id, range);
    }
    if (!ids.empty() || !named.empty()) {
        sort(ids, query.order);
        return ids;
    }
    SQLite::Statement statement{
        connection.handle(), selection_sql(query.selection) + " ORDER BY id " +
                                 (query.order == RowOrder::newest ? "DESC" : "ASC") + " LIMIT ?4"};
    bind(statement, query.selection, range);
    statement.bind(4, static_cast<std::int64_t>(std::min<std::size_t>(most, 1'000'001)));
    ids = numbers_of(statement);
    // The search by age knows only the other events.
    const Range fresh{query.order == RowOrder::oldest ? query.after : 0, range.high};
    std::ranges::copy(fresh_ids(connection, query.selection, fresh), std::back_inserter(ids));
    sort(ids, query.order);
    ids.resize(std::min(ids.size(), most));
    return ids;
}

std::uint64_t count_rows(Connection& connection, const Selection& selection) {
    SQLite::Statement statement{connection.handle(),
                                "SELECT count(*) FROM (" + selection_sql(selection) + ")"};
    bind(statement, selection, {});
    statement.executeStep();
    return static_cast<std::uint64_t>(statement.getColumn(0).getInt64()) +
           fresh_ids(connection, selection, {}).size();
}

} // namespace agent

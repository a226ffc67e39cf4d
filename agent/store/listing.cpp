#include "agent/store/listing.hpp"

#include "agent/store/schema.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Connection;
using nlohmann::json;

constexpr std::size_t enough_bytes = std::size_t{2} << 20; // of events on one page

std::vector<AttemptRow> read_history(const std::string& text, std::int64_t now) {
    std::vector<AttemptRow> history;
    const auto list = json::parse(text, nullptr, false);
    if (!list.is_array()) {
        return history;
    }
    for (const auto& note : list) {
        // Anything is possible in a row salvaged from a damaged database.
        if (note.is_array() && note.size() == 4 && note[0].is_number() && note[1].is_number() &&
            note[2].is_number() && note[3].is_string()) {
            history.push_back({note[0].get<std::uint32_t>(),
                               std::max<std::int64_t>(now - note[1].get<std::int64_t>(), 0),
                               note[2].get<unsigned>(), note[3].get<std::string>()});
        }
    }
    return history;
}

std::optional<DeliveryRow> read_delivery(Connection& connection, std::int64_t id, std::int64_t now,
                                         bool with_body, bool with_history) {
    auto& query = connection.prepared(
        "SELECT d.state, d.webhook, coalesce(e.event_id, ''), coalesce(e.accepted_at, ?2), "
        "d.attempts, d.due, d.last_status, d.last_error, "
        "CASE WHEN ?3 THEN e.body END, CASE WHEN ?4 THEN d.history END "
        "FROM delivery d LEFT JOIN event e ON e.id = d.id / 65536 WHERE d.id = ?1");
    query.bind(1, id);
    query.bind(2, now);
    query.bind(3, with_body ? 1 : 0);
    query.bind(4, with_history ? 1 : 0);
    if (!query.executeStep()) {
        return std::nullopt;
    }
    DeliveryRow row;
    row.id = id;
    row.state =
        query.getColumn(0).getInt() == row_pending ? DeliveryState::pending : DeliveryState::dead;
    row.webhook = query.getColumn(1).getString();
    row.event_id = query.getColumn(2).getString();
    row.age_ms = std::max<std::int64_t>(now - query.getColumn(3).getInt64(), 0);
    row.attempts = static_cast<std::uint32_t>(query.getColumn(4).getInt64());
    if (row.state == DeliveryState::pending) {
        row.next_attempt_ms = std::max<std::int64_t>(query.getColumn(5).getInt64() - now, 0);
    }
    row.last_status = static_cast<unsigned>(query.getColumn(6).getInt64());
    row.last_error = query.getColumn(7).getString();
    row.event = query.getColumn(8).getString();
    row.history = with_history ? read_history(query.getColumn(9).getString(), now)
                               : std::vector<AttemptRow>{};
    query.reset();
    return row;
}

/// Finds the ids that a selection without ids covers, in order, by the most selective index.
SQLite::Statement& selection_query(Connection& connection, const Selection& selection) {
    constexpr auto any = "SELECT id FROM delivery NOT INDEXED WHERE id > ?1 ORDER BY id LIMIT ?2";
    constexpr auto pending =
        "SELECT id FROM delivery NOT INDEXED WHERE id > ?1 AND state = 0 ORDER BY id LIMIT ?2";
    constexpr auto dead = "SELECT id FROM delivery INDEXED BY delivery_dead WHERE id > ?1 AND "
                          "state = 1 ORDER BY id LIMIT ?2";
    constexpr auto pending_of = "SELECT id FROM delivery INDEXED BY delivery_pending WHERE id > ?1 "
                                "AND state = 0 AND webhook = ?3 ORDER BY id LIMIT ?2";
    constexpr auto dead_of = "SELECT id FROM delivery INDEXED BY delivery_dead WHERE id > ?1 AND "
                             "state = 1 AND webhook = ?3 ORDER BY id LIMIT ?2";
    constexpr auto any_of = "SELECT id FROM (SELECT id FROM delivery INDEXED BY delivery_pending "
                            "WHERE id > ?1 AND state = 0 AND webhook = ?3 UNION ALL "
                            "SELECT id FROM delivery INDEXED BY delivery_dead WHERE id > ?1 AND "
                            "state = 1 AND webhook = ?3) ORDER BY id LIMIT ?2";
    const bool only_dead = selection.state == DeliveryState::dead;
    if (!selection.webhook) {
        return connection.prepared(!selection.state ? any : only_dead ? dead : pending);
    }
    auto& query = connection.prepared(!selection.state ? any_of : only_dead ? dead_of : pending_of);
    query.bind(3, *selection.webhook);
    return query;
}

bool matches(const Selection& selection, const DeliveryRow& row) {
    return (!selection.state || row.state == *selection.state) &&
           (!selection.webhook || row.webhook == *selection.webhook);
}

std::vector<std::int64_t> selected_ids(Connection& connection, const Selection& selection,
                                       std::int64_t after, std::size_t limit) {
    std::vector<std::int64_t> ids;
    if (!selection.ids.empty()) {
        std::copy_if(selection.ids.begin(), selection.ids.end(), std::back_inserter(ids),
                     [=](auto id) { return id > after; });
        std::sort(ids.begin(), ids.end());
        ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
        return ids;
    }
    auto& query = selection_query(connection, selection);
    query.bind(1, after);
    query.bind(2, static_cast<std::int64_t>(std::min<std::size_t>(limit, 1'000'000)));
    while (query.executeStep()) {
        ids.push_back(query.getColumn(0).getInt64());
    }
    return ids;
}

json seconds(std::int64_t ms) {
    return static_cast<double>(ms) / 1000.0;
}

template <class Value> json or_null(const Value& value, bool present) {
    return present ? json(value) : json{};
}

} // namespace

RowPage read_rows(Connection& connection, const Selection& selection, std::int64_t after,
                  std::size_t limit, bool with_bodies, std::int64_t now) {
    RowPage page;
    std::size_t bytes = 0;
    for (const auto id : selected_ids(connection, selection, after, limit + 1)) {
        if (page.rows.size() == limit || bytes >= enough_bytes) {
            page.next = page.rows.empty() ? after : page.rows.back().id;
            break;
        }
        auto row = read_delivery(connection, id, now, with_bodies, false);
        if (row && matches(selection, *row)) {
            bytes += row->event.size();
            page.rows.push_back(std::move(*row));
        }
    }
    return page;
}

std::optional<DeliveryRow> read_row(Connection& connection, std::int64_t id, std::int64_t now) {
    return read_delivery(connection, id, now, true, true);
}

std::string row_text(const DeliveryRow& row, std::string_view name, RowParts parts) {
    const json object{
        {"id", row.id},
        {"state", to_string(row.state)},
        {"webhook", row.webhook},
        {"name", name},
        {"event_id", row.event_id},
        {"age_s", seconds(row.age_ms)},
        {"attempts", row.attempts},
        {"next_attempt_s", row.next_attempt_ms ? seconds(*row.next_attempt_ms) : json{}},
        {"last_status", or_null(row.last_status, row.last_status != 0)},
        {"last_error", or_null(row.last_error, !row.last_error.empty())}};
    auto text = common::text_of(object);
    text.pop_back();
    if (parts.event) {
        // Bytes that are not JSON (salvaged from a damaged database) would break the whole
        // document.
        text += ",\"event\":" + (json::accept(row.event) ? row.event : "null");
    }
    if (parts.history) {
        auto history = json::array();
        for (const auto& attempt : row.history) {
            history.push_back({{"attempt", attempt.attempt},
                               {"age_s", seconds(attempt.age_ms)},
                               {"status", or_null(attempt.status, attempt.status != 0)},
                               {"error", or_null(attempt.error, !attempt.error.empty())}});
        }
        text += ",\"history\":" + common::text_of(history);
    }
    return text + "}";
}

std::string page_text(const std::vector<std::string>& rows, std::optional<std::int64_t> next) {
    return "{\"deliveries\":[" + common::joined(rows, ",") +
           "],\"next\":" + (next ? std::to_string(*next) : "null") + "}";
}

} // namespace agent

#include "agent/store/listing.hpp"

#include "agent/store/fresh_events.hpp"
#include "agent/store/schema.hpp"
#include "common/base/ascii.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"
#include "common/text/or_null.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Connection;
using nlohmann::json;

constexpr std::size_t enough_bytes = std::size_t{2} << 20; // of events on one page
// Rows that are read for one page, at some microseconds each: commits wait meanwhile.
constexpr std::size_t most_seen = 5'000;

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

/// A row of a fresh event.
std::optional<DeliveryRow> read_fresh_delivery(Connection& connection, std::int64_t id,
                                               std::int64_t now, bool with_body) {
    auto event = read_fresh_event(connection, id / deliveries_per_event);
    const auto* delivery = event ? event->delivery(id) : nullptr;
    if (!delivery) {
        return std::nullopt;
    }
    DeliveryRow row;
    row.id = id;
    row.webhook = delivery->webhook;
    row.event_id = event->event_id;
    row.age_ms = std::max<std::int64_t>(now - event->accepted_at, 0);
    row.next_attempt_ms = 0;
    if (with_body) {
        row.event = std::move(event->body);
    }
    return row;
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
        return read_fresh_delivery(connection, id, now, with_body);
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

json seconds(std::int64_t ms) {
    return static_cast<double>(ms) / 1000.0;
}

bool selects(const RowQuery& query, const DeliveryRow& row) {
    const auto& selection = query.selection;
    return (!selection.state || row.state == *selection.state) &&
           (!selection.webhook || row.webhook == *selection.webhook) &&
           (query.event_id.empty() || row.event_id == query.event_id) &&
           (!query.max_age || row.age_ms <= query.max_age->count()) &&
           (query.error.empty() ||
            common::ascii_lower(row.last_error).find(common::ascii_lower(query.error)) !=
                std::string::npos);
}

std::string time_of(common::WallTime now, std::int64_t age_ms) {
    return common::rfc3339(now - common::Millis{age_ms});
}

} // namespace

RowPage read_rows(Connection& connection, const RowQuery& query, std::int64_t now) {
    RowPage page;
    std::size_t bytes = 0;
    std::size_t seen = 0;
    const auto most = query.restricted() ? most_seen : query.limit;
    auto last = query.after;
    for (const auto id : selected_ids(connection, query, most + 1, now)) {
        if (page.rows.size() == query.limit || bytes >= enough_bytes || seen == most) {
            page.next = last;
            break;
        }
        last = id;
        ++seen;
        auto row = read_delivery(connection, id, now, query.bodies, false);
        if (row && selects(query, *row)) {
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
    json object{{"id", row.id},
                {"state", to_string(row.state)},
                {"webhook", row.webhook},
                {"name", name},
                {"event_id", row.event_id},
                {"age_s", seconds(row.age_ms)},
                {"attempts", row.attempts},
                {"next_attempt_s", row.next_attempt_ms ? seconds(*row.next_attempt_ms) : json{}},
                {"last_status", common::number_or_null(row.last_status)},
                {"last_error", common::text_or_null(row.last_error)}};
    if (parts.now) {
        object["accepted_at"] = time_of(*parts.now, row.age_ms);
    }
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
                               {"status", common::number_or_null(attempt.status)},
                               {"error", common::text_or_null(attempt.error)}});
            if (parts.now) {
                history.back()["at"] = time_of(*parts.now, attempt.age_ms);
            }
        }
        text += ",\"history\":" + common::text_of(history);
    }
    return text + "}";
}

std::string page_text(const std::vector<std::string>& rows, std::optional<std::int64_t> next,
                      std::optional<std::uint64_t> total) {
    const auto or_null_text = [](const auto& number) {
        return number ? std::to_string(*number) : std::string{"null"};
    };
    return "{\"deliveries\":[" + common::joined(rows, ",") + "],\"next\":" + or_null_text(next) +
           ",\"total\":" + or_null_text(total) + "}";
}

} // namespace agent

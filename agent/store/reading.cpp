#include "agent/store/reading.hpp"

#include "agent/store/fresh_events.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <limits>

namespace agent {

namespace {

using common::Connection;

struct DueRow {
    std::int64_t due = 0; // 0: never tried
    std::int64_t id = 0;
    std::optional<std::uint32_t> attempts{}; // set if the row on disk is not up to date
    bool operator<(const DueRow& other) const {
        return std::pair{due, id} < std::pair{other.due, other.id};
    }
};

/// Appends up to `limit` rows (due, id) of `rows` that are not to be left out.
void collect(SQLite::Statement& rows, const std::vector<std::int64_t>& leave_out, std::size_t limit,
             std::vector<DueRow>& into) {
    for (std::size_t count = 0; count < limit && rows.executeStep();) {
        const DueRow row{rows.getColumn(0).getInt64(), rows.getColumn(1).getInt64(), {}};
        if (!std::binary_search(leave_out.begin(), leave_out.end(), row.id)) {
            into.push_back(row);
            ++count;
        }
    }
    rows.reset();
}

/// The bodies that a batch has so far.
struct Bodies {
    std::map<std::int64_t, std::shared_ptr<const std::string>> of_event;
    std::size_t bytes = 0;
};

/// A pending delivery with its event. Nothing if the event was lost with a damaged page, or if it
/// was dropped before its outcome was written.
std::optional<Delivery> pending_delivery(Connection& connection, std::int64_t id, Bodies& bodies) {
    auto& body = bodies.of_event[id / deliveries_per_event];
    const auto keep = [&](std::string text) {
        if (!body) {
            body = std::make_shared<const std::string>(std::move(text));
            bodies.bytes += body->size();
        }
        return body;
    };
    auto& query = connection.prepared(
        "SELECT d.webhook, d.attempts, e.event_id, e.accepted_at, e.body FROM delivery d "
        "CROSS JOIN event e ON e.id = d.id / 65536 WHERE d.id = ? AND d.state = 0");
    query.bind(1, id);
    if (query.executeStep()) {
        Delivery found{id,
                       query.getColumn(0).getString(),
                       query.getColumn(2).getString(),
                       keep(body ? "" : query.getColumn(4).getString()),
                       static_cast<std::uint32_t>(query.getColumn(1).getInt64()),
                       query.getColumn(3).getInt64()};
        query.reset();
        return found;
    }
    auto fresh = read_fresh_event(connection, id / deliveries_per_event);
    const auto* one = fresh ? fresh->delivery(id) : nullptr;
    if (!one) {
        return std::nullopt;
    }
    return Delivery{id, one->webhook,      fresh->event_id, keep(std::move(fresh->body)),
                    0,  fresh->accepted_at};
}

struct NoneBeingRead {
    CrashNotes& notes;
    ~NoneBeingRead() { notes.reading(0); }
};

/// The first of the rows found for several webhooks, as deliveries with their bodies. The
/// deliveries of one event share its body.
DueBatch batch_of(Connection& connection, CrashNotes& notes, std::vector<DueRow> found,
                  BatchBounds bounds) {
    std::sort(found.begin(), found.end());
    DueBatch batch;
    Bodies bodies;
    const NoneBeingRead afterwards{notes};
    for (const auto& one : found) {
        if (batch.deliveries.size() == bounds.deliveries || bodies.bytes > bounds.bytes) {
            batch.more = true;
            break;
        }
        notes.reading(one.id);
        auto delivery = pending_delivery(connection, one.id, bodies);
        if (!delivery) {
            continue;
        }
        delivery->attempts = one.attempts.value_or(delivery->attempts);
        batch.deliveries.push_back(std::move(*delivery));
    }
    return batch;
}

} // namespace

// One row more than the limit is collected for each webhook: it shows whether there are more.

DueBatch read_fresh(Connection& connection, CrashNotes& notes, const LaneQuery& query,
                    std::int64_t after) {
    std::vector<DueRow> found;
    for (const auto& webhook : query.webhooks) {
        auto& rows = connection.prepared(
            "SELECT due, id FROM delivery INDEXED BY delivery_pending "
            "WHERE state = 0 AND webhook = ? AND due = 0 AND id > ? ORDER BY id");
        rows.bind(1, webhook);
        rows.bind(2, after);
        collect(rows, query.leave_out, query.bounds.deliveries + 1, found);
    }
    // Only those of which the batch has room: mostly none, for they are the newest.
    std::sort(found.begin(), found.end());
    const auto below = found.size() > query.bounds.deliveries
                           ? found[query.bounds.deliveries].id
                           : std::numeric_limits<std::int64_t>::max();
    for (const auto& fresh : fresh_deliveries(connection, after, below)) {
        if (std::ranges::find(query.webhooks, fresh.webhook) != query.webhooks.end() &&
            !std::ranges::binary_search(query.leave_out, fresh.id)) {
            found.push_back({0, fresh.id, {}});
        }
    }
    return batch_of(connection, notes, std::move(found), query.bounds);
}

DueBatch read_due(Connection& connection, CrashNotes& notes, const LaneQuery& query,
                  std::int64_t now) {
    std::vector<DueRow> found;
    std::vector<DueRow> later;
    for (const auto& webhook : query.webhooks) {
        auto& rows = connection.prepared(
            "SELECT due, id FROM delivery INDEXED BY delivery_pending "
            "WHERE state = 0 AND webhook = ? AND due BETWEEN 1 AND ? ORDER BY due, id");
        rows.bind(1, webhook);
        rows.bind(2, now);
        collect(rows, query.leave_out, query.bounds.deliveries + 1, found);
        auto& next =
            connection.prepared("SELECT due, id FROM delivery INDEXED BY delivery_pending "
                                "WHERE state = 0 AND webhook = ? AND due > ? ORDER BY due, id");
        next.bind(1, webhook);
        next.bind(2, now);
        collect(next, query.leave_out, 1, later);
    }
    for (const auto& retry : query.unwritten) {
        found.push_back({retry.due, retry.id, retry.attempts});
    }
    auto batch = batch_of(connection, notes, std::move(found), query.bounds);
    if (const auto first = std::min_element(later.begin(), later.end()); first != later.end()) {
        batch.next_due = first->due;
    }
    return batch;
}

std::vector<AttemptsMade> read_attempts(Connection& connection,
                                        const std::vector<std::int64_t>& ids) {
    std::vector<AttemptsMade> found;
    for (const auto id : ids) {
        auto& query = connection.prepared(
            "SELECT webhook, attempts FROM delivery WHERE id = ? AND state = 0");
        query.bind(1, id);
        if (query.executeStep()) {
            found.push_back({id, query.getColumn(0).getString(),
                             static_cast<std::uint32_t>(query.getColumn(1).getInt64())});
        } else if (const auto fresh = first_fresh(connection, id); fresh && fresh->id == id) {
            found.push_back({id, fresh->webhook, 0});
        }
        query.reset();
    }
    return found;
}

std::vector<bool>
are_pending(Connection& connection,
            const std::vector<std::pair<std::string, std::shared_ptr<const std::string>>>& events) {
    std::vector<bool> found(events.size(), false);
    for (std::size_t i = 0; i < events.size(); ++i) {
        auto& query =
            connection.prepared("SELECT 1 FROM event INDEXED BY event_given WHERE given = 1 AND "
                                "event_id = ?1 AND body = ?2 AND EXISTS(SELECT 1 FROM delivery "
                                "NOT INDEXED WHERE delivery.id BETWEEN event.id * 65536 AND "
                                "event.id * 65536 + 65535 AND state = 0) LIMIT 1");
        query.bind(1, events[i].first);
        query.bindNoCopy(2, events[i].second->data(), static_cast<int>(events[i].second->size()));
        found[i] = query.executeStep();
        query.reset();
    }
    for_each_given(connection, [&](std::int64_t, std::string_view event_id, std::string_view body) {
        for (std::size_t i = 0; i < events.size(); ++i) {
            found[i] = found[i] || (events[i].first == event_id && *events[i].second == body);
        }
    });
    return found;
}

} // namespace agent

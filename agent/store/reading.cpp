// Reading deliveries back for the lanes.
#include "agent/store/commit.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>

namespace agent {

namespace {

using common::Connection;

constexpr std::size_t most_bytes = std::size_t{8} << 20; // of bodies in one batch

struct Found {
    std::int64_t order = 0; // due, or nothing
    std::int64_t id = 0;
    std::optional<std::uint32_t> attempts{}; ///< where the row does not know them yet
    bool operator<(const Found& other) const {
        return std::pair{order, id} < std::pair{other.order, other.id};
    }
};

/// Steps through `query` (due, id) past those left out, up to `limit` of the others.
void collect(SQLite::Statement& query, const LaneQuery& wanted, std::vector<Found>& into) {
    for (std::size_t taken = 0; taken < wanted.limit && query.executeStep();) {
        const Found found{query.getColumn(0).getInt64(), query.getColumn(1).getInt64(), {}};
        if (!std::binary_search(wanted.leave_out.begin(), wanted.leave_out.end(), found.id)) {
            into.push_back(found);
            ++taken;
        }
    }
    query.reset();
}

/// The first `limit` of what was found in several webhooks, as deliveries with their bodies; bodies
/// are shared among an event's.
DueBatch batch_of(Connection& connection, std::vector<Found> found, std::size_t limit) {
    std::sort(found.begin(), found.end());
    DueBatch batch;
    std::map<std::int64_t, std::shared_ptr<const std::string>> bodies;
    std::size_t bytes = 0;
    for (const auto& one : found) {
        if (batch.deliveries.size() == limit || bytes > most_bytes) {
            batch.more = true;
            break;
        }
        auto& query = connection.prepared(
            "SELECT d.webhook, d.attempts, e.event_id, e.accepted_at, e.body FROM delivery d "
            "CROSS JOIN event e ON e.id = d.id / 65536 WHERE d.id = ? AND d.state = 0");
        query.bind(1, one.id);
        if (!query.executeStep()) {
            continue; // its event was lost with a damaged page, or it was dropped before its
                      // outcome was written
        }
        auto& body = bodies[one.id / deliveries_per_event];
        if (!body) {
            body = std::make_shared<const std::string>(query.getColumn(4).getString());
            bytes += body->size();
        }
        const auto attempts =
            one.attempts.value_or(static_cast<std::uint32_t>(query.getColumn(1).getInt64()));
        batch.deliveries.push_back({one.id, query.getColumn(0).getString(),
                                    query.getColumn(2).getString(), body, attempts,
                                    query.getColumn(3).getInt64()});
        query.reset();
    }
    return batch;
}

} // namespace

DueBatch QueueTables::fresh(Connection& connection, const LaneQuery& wanted, std::int64_t after) {
    std::vector<Found> found;
    auto one_more = wanted;
    ++one_more.limit;
    for (const auto& webhook : wanted.webhooks) {
        auto& query = connection.prepared(
            "SELECT due, id FROM delivery INDEXED BY delivery_pending "
            "WHERE state = 0 AND webhook = ? AND due = 0 AND id > ? ORDER BY id");
        query.bind(1, webhook);
        query.bind(2, after);
        collect(query, one_more, found);
    }
    return batch_of(connection, std::move(found), wanted.limit);
}

DueBatch QueueTables::due(Connection& connection, const LaneQuery& wanted, std::int64_t now) {
    std::vector<Found> found;
    std::optional<std::int64_t> next;
    auto one_more = wanted;
    ++one_more.limit;
    for (const auto& webhook : wanted.webhooks) {
        auto& query = connection.prepared(
            "SELECT due, id FROM delivery INDEXED BY delivery_pending "
            "WHERE state = 0 AND webhook = ? AND due BETWEEN 1 AND ? ORDER BY due, id");
        query.bind(1, webhook);
        query.bind(2, now);
        collect(query, one_more, found);
        auto later = wanted;
        later.limit = 1;
        std::vector<Found> first;
        auto& rest =
            connection.prepared("SELECT due, id FROM delivery INDEXED BY delivery_pending "
                                "WHERE state = 0 AND webhook = ? AND due > ? ORDER BY due, id");
        rest.bind(1, webhook);
        rest.bind(2, now);
        collect(rest, later, first);
        if (!first.empty()) {
            next = std::min(next.value_or(first[0].order), first[0].order);
        }
    }
    for (const auto& retry : wanted.unwritten) {
        found.push_back({retry.due, retry.id, retry.attempts});
    }
    auto batch = batch_of(connection, std::move(found), wanted.limit);
    batch.next_due = next;
    return batch;
}

} // namespace agent

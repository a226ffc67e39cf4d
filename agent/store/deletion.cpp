#include "agent/store/deletion.hpp"

#include "agent/store/fresh_events.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Statement.h>

namespace agent {

using common::Connection;

namespace {

/// The row of a delivery that is not a fresh event's.
std::optional<DeletedDelivery> delete_row(Connection& connection, std::int64_t id) {
    auto& query = connection.prepared("SELECT webhook, state FROM delivery WHERE id = ?");
    query.bind(1, id);
    if (!query.executeStep()) {
        return std::nullopt;
    }
    DeletedDelivery gone{query.getColumn(0).getString(), query.getColumn(1).getInt() == row_pending,
                         false};
    query.reset();
    auto& remove = connection.prepared("DELETE FROM delivery WHERE id = ?");
    remove.bind(1, id);
    remove.exec();
    const auto event = id / deliveries_per_event;
    auto& last = connection.prepared("DELETE FROM event WHERE id = ?1 AND NOT EXISTS(SELECT 1 FROM "
                                     "delivery WHERE id BETWEEN ?2 AND ?3)");
    last.bind(1, event);
    last.bind(2, event * deliveries_per_event);
    last.bind(3, event * deliveries_per_event + deliveries_per_event - 1);
    gone.event_too = last.exec() > 0;
    return gone;
}

} // namespace

std::optional<DeletedDelivery> delete_delivery(Connection& connection, std::int64_t id,
                                               CountChanges& changes) {
    auto gone = delete_fresh(connection, id);
    if (!gone) {
        gone = delete_row(connection, id);
    }
    if (gone) {
        auto& change = changes[gone->webhook];
        --(gone->pending ? change.pending : change.dead);
    }
    return gone;
}

} // namespace agent

#include "agent/store/dead_room.hpp"

#include "agent/store/deletion.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>

namespace agent {

namespace {

using common::Connection;

const std::uint64_t bytes_of_delivery = row_bytes(0, 1) - row_bytes(0, 0);

std::size_t body_bytes(Connection& connection, std::int64_t event) {
    auto& query = connection.prepared("SELECT length(body) FROM event WHERE id = ?");
    query.bind(1, event);
    const auto bytes =
        query.executeStep() ? static_cast<std::size_t>(query.getColumn(0).getInt64()) : 0;
    query.reset();
    return bytes;
}

/// Whether a delivery of the event may still be made.
bool is_pending(Connection& connection, std::int64_t event) {
    auto& query =
        connection.prepared("SELECT 1 FROM delivery NOT INDEXED WHERE id >= ?1 * 65536 AND "
                            "id < (?1 + 1) * 65536 AND state = 0 LIMIT 1");
    query.bind(1, event);
    const bool found = query.executeStep();
    query.reset();
    return found;
}

} // namespace

std::uint64_t dead_bytes(Connection& connection, std::uint64_t enough) {
    std::uint64_t bytes = 0;
    std::int64_t counted = -1; // the event whose body is in `bytes`
    auto& query = connection.prepared(
        "SELECT id FROM delivery INDEXED BY delivery_dead WHERE state = 1 ORDER BY id");
    while (bytes < enough && query.executeStep()) {
        const auto event = query.getColumn(0).getInt64() / deliveries_per_event;
        bytes += bytes_of_delivery;
        if (event != counted && !is_pending(connection, event)) {
            bytes += row_bytes(body_bytes(connection, event), 0);
        }
        counted = event;
    }
    query.reset();
    return bytes;
}

Step drop_dead(Connection& connection, OldestPending& oldest, std::uint64_t bytes) {
    std::uint64_t freed = 0;
    Step step;
    SQLite::Transaction transaction{connection.handle(), SQLite::TransactionBehavior::IMMEDIATE};
    while (freed < bytes && step.rows.size() < rows_per_step) {
        auto& query = connection.prepared("SELECT id FROM delivery INDEXED BY delivery_dead WHERE "
                                          "state = 1 ORDER BY id LIMIT 1");
        const auto id = query.executeStep() ? query.getColumn(0).getInt64() : 0;
        query.reset();
        if (id == 0) {
            break;
        }
        const auto body = body_bytes(connection, id / deliveries_per_event);
        const auto gone = delete_delivery(connection, id, step.written.changes);
        ++step.written.changes[gone->webhook].dropped;
        step.rows.push_back(id);
        freed += gone->event_too ? row_bytes(body, 1) : bytes_of_delivery;
    }
    transaction.commit();
    step.done = freed >= bytes || step.rows.size() < rows_per_step;
    step.last = static_cast<std::int64_t>(freed);
    step.written.measured = measure(connection, oldest);
    return step;
}

} // namespace agent

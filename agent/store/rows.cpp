#include "agent/store/rows.hpp"

#include <SQLiteCpp/Statement.h>

namespace agent {

using common::Connection;

void add(CountChanges& to, const CountChanges& more) {
    for (const auto& [webhook, change] : more) {
        auto& here = to[webhook];
        here.pending += change.pending;
        here.dead += change.dead;
        here.died += change.died;
        here.expired += change.expired;
        here.dropped += change.dropped;
    }
}

void bind_event(SQLite::Statement& put, const EventRow& event) {
    put.bind(1, event.id);
    put.bind(2, event.event_id);
    put.bind(3, event.given ? 1 : 0);
    put.bind(4, event.accepted_at);
    put.bindNoCopy(5, event.bytes->data(), static_cast<int>(event.bytes->size()));
}

std::uint64_t row_bytes(std::size_t body, std::size_t deliveries) {
    return body + 256 + deliveries * 192;
}

void put_delivery(Connection& connection, std::int64_t id, const std::string& webhook) {
    auto& put = connection.prepared("INSERT INTO delivery(id, webhook, state, attempts, due, "
                                    "last_status, last_error, history) "
                                    "VALUES(?, ?, 0, 0, 0, 0, '', '')");
    put.bind(1, id);
    put.bind(2, webhook);
    put.exec();
}

} // namespace agent

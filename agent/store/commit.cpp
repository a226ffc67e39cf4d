#include "agent/store/commit.hpp"

#include "agent/store/disk_reserve.hpp"
#include "agent/store/outcome_rows.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <algorithm>

namespace agent {

namespace {

using common::Connection;

void insert_event(Connection& connection, const EventRow& event, CountChanges& changes) {
    auto& put = connection.prepared(
        "INSERT INTO event(id, event_id, given, accepted_at, body) VALUES(?, ?, ?, ?, ?)");
    put.bind(1, event.id);
    put.bind(2, event.event_id);
    put.bind(3, event.given ? 1 : 0);
    put.bind(4, event.accepted_at);
    put.bindNoCopy(5, event.bytes->data(), static_cast<int>(event.bytes->size()));
    put.exec();
    for (std::size_t place = 0; place < event.webhooks.size(); ++place) {
        auto& owe = connection.prepared("INSERT INTO delivery(id, webhook, state, attempts, due, "
                                        "last_status, last_error, history) "
                                        "VALUES(?, ?, 0, 0, 0, 0, '', '')");
        owe.bind(1, event.delivery(place));
        owe.bind(2, event.webhooks[place]);
        owe.exec();
        ++changes[event.webhooks[place]].pending;
    }
}

} // namespace

LoadedQueue QueueTables::load(Connection& connection, std::uint64_t max_size) {
    oldest_from_ = 0;
    reuse_wal(connection); // what a run before left
    constexpr std::uint64_t page = 4096;
    const auto wal_pages = std::clamp<std::uint64_t>(max_size / page / 16, 32, 1000);
    connection.handle().exec("PRAGMA wal_autocheckpoint = " + std::to_string(wal_pages) +
                             "; PRAGMA journal_size_limit = " + std::to_string(wal_pages * page));
    LoadedQueue loaded;
    auto& pending = connection.prepared("SELECT webhook, count(*) FROM delivery INDEXED BY "
                                        "delivery_pending WHERE state = 0 GROUP BY webhook");
    while (pending.executeStep()) {
        loaded.counts[pending.getColumn(0).getString()].pending = pending.getColumn(1).getInt64();
    }
    auto& dead = connection.prepared("SELECT webhook, count(*) FROM delivery INDEXED BY "
                                     "delivery_dead WHERE state = 1 GROUP BY webhook");
    while (dead.executeStep()) {
        loaded.counts[dead.getColumn(0).getString()].dead = dead.getColumn(1).getInt64();
    }
    auto& cooldowns = connection.prepared("SELECT webhook, value, until FROM cooldown");
    while (cooldowns.executeStep()) {
        loaded.cooldowns.push_back({cooldowns.getColumn(0).getString(),
                                    cooldowns.getColumn(1).getString(),
                                    cooldowns.getColumn(2).getInt64()});
    }
    loaded.anchor = read_anchor(connection);
    loaded.newest_accepted_at = newest_accepted_at(connection);
    loaded.next_event = std::max(
        {loaded.anchor ? loaded.anchor->next_event : 0,
         one_number(connection, "SELECT max(id) FROM event") + 1,
         one_number(connection, "SELECT max(id) FROM delivery") / deliveries_per_event + 1});
    CommitResult written;
    measure(connection, written);
    loaded.sizes = written.sizes;
    loaded.oldest = written.oldest;
    return loaded;
}

CommitResult QueueTables::commit(Connection& connection, const Commit& commit) {
    CommitResult written;
    const auto oldest_before = oldest_from_;
    try {
        SQLite::Transaction transaction{connection.handle(),
                                        SQLite::TransactionBehavior::IMMEDIATE};
        for (const auto& held : commit.outcomes) {
            write_outcome(connection, held, written.changes);
        }
        if (!make_room(connection, commit.make_room, written)) {
            oldest_from_ = oldest_before;
            CommitResult nothing;
            nothing.no_room = true;
            return nothing;
        }
        for (const auto& event : commit.events) {
            insert_event(connection, event, written.changes);
        }
        for (const auto& mark : commit.cooldowns) {
            auto& put = connection.prepared(
                "INSERT OR REPLACE INTO cooldown(webhook, value, until) VALUES(?, ?, ?)");
            put.bind(1, mark.webhook);
            put.bind(2, mark.value);
            put.bind(3, mark.until);
            put.exec();
        }
        if (commit.anchor) {
            write_anchor(connection, *commit.anchor);
        }
        transaction.commit();
    } catch (const SQLite::Exception& error) {
        oldest_from_ = oldest_before;
        if (!says_full(error) || commit.outcomes.empty()) {
            throw;
        }
        written = write_outcomes_alone(connection, commit.outcomes);
        if (written.unwritten.size() == commit.outcomes.size()) {
            throw;
        }
        written.full = error.what();
    }
    if (commit.disk_tight) {
        reuse_wal(connection);
    }
    measure(connection, written);
    return written;
}

CommitResult QueueTables::write_outcomes_alone(Connection& connection,
                                               const std::vector<UnwrittenOutcome>& outcomes) {
    give_up_reserve(connection.path());
    CommitResult written;
    written.unwritten = write_in_pieces(connection, outcomes, written.changes);
    return written;
}

bool QueueTables::make_room(Connection& connection, std::uint64_t bytes, CommitResult& written) {
    for (std::uint64_t freed = 0; freed < bytes;) {
        if (!oldest_accepted_at(connection)) {
            return false;
        }
        const auto id = oldest_from_;
        auto& query = connection.prepared("SELECT length(body) FROM event WHERE id = ?");
        query.bind(1, id / deliveries_per_event);
        const auto body =
            query.executeStep() ? static_cast<std::size_t>(query.getColumn(0).getInt64()) : 0;
        query.reset();
        const auto gone = delete_delivery(connection, id, written.changes);
        ++written.changes[gone->webhook].dropped;
        written.dropped.push_back(id);
        freed += gone->event_too ? row_bytes(body, 1) : row_bytes(0, 1) - row_bytes(0, 0);
    }
    return true;
}

std::optional<std::int64_t> QueueTables::oldest_accepted_at(Connection& connection) {
    auto& query = connection.prepared(
        "SELECT id FROM delivery NOT INDEXED WHERE id >= ? AND state = 0 ORDER BY id LIMIT 1");
    query.bind(1, oldest_from_);
    if (!query.executeStep()) {
        // Dead letters that lie behind the last pending one need not be looked through each time.
        query.reset();
        oldest_from_ =
            std::max(oldest_from_, one_number(connection, "SELECT max(id) FROM delivery") + 1);
        return std::nullopt;
    }
    oldest_from_ = query.getColumn(0).getInt64();
    query.reset();
    auto& event = connection.prepared("SELECT accepted_at FROM event WHERE id = ?");
    event.bind(1, oldest_from_ / deliveries_per_event);
    const auto accepted_at = event.executeStep() ? event.getColumn(0).getInt64() : 0;
    event.reset();
    return accepted_at;
}

void QueueTables::measure(Connection& connection, CommitResult& written) {
    written.sizes = sizes_of(connection);
    written.oldest = oldest_accepted_at(connection);
}

std::vector<bool> QueueTables::pending_already(
    Connection& connection,
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
    return found;
}

} // namespace agent

#include "agent/store/commit.hpp"

#include "agent/store/deletion.hpp"
#include "agent/store/disk_reserve.hpp"
#include "agent/store/fresh_events.hpp"
#include "agent/store/outcome_rows.hpp"
#include "agent/store/stored_time.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <algorithm>
#include <limits>

namespace agent {

namespace {

using common::Connection;

void insert_event(Connection& connection, const EventRow& event, std::int64_t next,
                  CountChanges& changes) {
    for (const auto& webhook : event.webhooks) {
        ++changes[webhook].pending;
    }
    if (fits_fresh(event) && may_stay_fresh(event.id, next)) {
        put_fresh(connection, event);
        return;
    }
    auto& put = connection.prepared(
        "INSERT INTO event(id, event_id, given, accepted_at, body) VALUES(?, ?, ?, ?, ?)");
    bind_event(put, event);
    put.exec();
    for (std::size_t place = 0; place < event.webhooks.size(); ++place) {
        put_delivery(connection, event.delivery(place), event.webhooks[place]);
    }
}

void insert_events(Connection& connection, const std::vector<EventRow>& events,
                   CountChanges& changes) {
    if (events.empty()) {
        return;
    }
    const auto next = events.back().id + 1;
    for (const auto& event : events) {
        insert_event(connection, event, next, changes);
    }
    keep_few_fresh(connection, next);
}

void set_cooldown(Connection& connection, const CooldownMark& mark) {
    auto& put = connection.prepared(
        "INSERT OR REPLACE INTO cooldown(webhook, value, until) VALUES(?, ?, ?)");
    put.bind(1, mark.webhook);
    put.bind(2, mark.value);
    put.bind(3, mark.until);
    put.exec();
}

/// What `sql` yields for the event ?1; 0 if it has no row.
std::int64_t number_of_event(Connection& connection, std::int64_t event, const char* sql) {
    auto& query = connection.prepared(sql);
    query.bind(1, event);
    const auto number = query.executeStep() ? query.getColumn(0).getInt64() : 0;
    query.reset();
    return number;
}

/// Deletes the oldest pending deliveries until `bytes` are freed. Returns false if all of them are
/// not enough.
bool make_room(Connection& connection, OldestPending& oldest, std::uint64_t bytes,
               CommitResult& written) {
    for (std::uint64_t freed = 0; freed < bytes;) {
        const auto id = oldest.find(connection);
        if (!id) {
            return false;
        }
        const auto body = static_cast<std::size_t>(
            number_of_event(connection, *id / deliveries_per_event,
                            "SELECT length(body) FROM fresh_event WHERE id = ?1 "
                            "UNION ALL SELECT length(body) FROM event WHERE id = ?1"));
        const auto gone = delete_delivery(connection, *id, written.changes);
        ++written.changes[gone->webhook].dropped;
        written.dropped.push_back(*id);
        freed += gone->event_too ? row_bytes(body, 1) : row_bytes(0, 1) - row_bytes(0, 0);
    }
    return true;
}

/// Makes the room that the commit needs, or changes nothing and says so in `written`.
bool room_for(Connection& connection, OldestPending& oldest, const Commit& commit,
              CommitResult& written) {
    if (commit.make_room == 0) {
        return true;
    }
    const auto oldest_before = oldest;
    auto before = written;
    connection.handle().exec("SAVEPOINT room");
    const bool made = make_room(connection, oldest, commit.make_room, written);
    if (!made) {
        connection.handle().exec("ROLLBACK TO room");
        oldest = oldest_before;
        written = std::move(before);
        written.no_room = true;
    }
    connection.handle().exec("RELEASE room");
    return made;
}

/// What a transaction can say of its own end, so that nothing need be read after its commit.
struct RowMeasurement {
    PageBytes pages;
    std::optional<std::int64_t> oldest; ///< as in Measurement
};

RowMeasurement measure_rows(Connection& connection, OldestPending& oldest) {
    RowMeasurement measured{bytes_of_pages(connection), std::nullopt};
    if (const auto id = oldest.find(connection)) {
        measured.oldest = number_of_event(connection, *id / deliveries_per_event,
                                          "SELECT accepted_at FROM fresh_event WHERE id = ?1 "
                                          "UNION ALL SELECT accepted_at FROM event WHERE id = ?1");
    }
    return measured;
}

CommitResult write_outcomes_alone(Connection& connection,
                                  const std::vector<UnwrittenOutcome>& outcomes) {
    give_up_reserve(connection.path());
    CommitResult written;
    written.unwritten = write_in_pieces(connection, outcomes, written.changes);
    return written;
}

void count_rows(Connection& connection, CountChanges& counts) {
    auto& pending = connection.prepared("SELECT webhook, count(*) FROM delivery INDEXED BY "
                                        "delivery_pending WHERE state = 0 GROUP BY webhook");
    while (pending.executeStep()) {
        counts[pending.getColumn(0).getString()].pending = pending.getColumn(1).getInt64();
    }
    auto& dead = connection.prepared("SELECT webhook, count(*) FROM delivery INDEXED BY "
                                     "delivery_dead WHERE state = 1 GROUP BY webhook");
    while (dead.executeStep()) {
        counts[dead.getColumn(0).getString()].dead = dead.getColumn(1).getInt64();
    }
    for (const auto& fresh : fresh_deliveries(connection, 0)) {
        ++counts[fresh.webhook].pending;
    }
}

} // namespace

std::optional<std::int64_t> OldestPending::find(Connection& connection) {
    const auto fresh = first_fresh(connection, from_);
    auto id = fresh ? std::optional{fresh->id} : std::nullopt;
    auto& query = connection.prepared("SELECT id FROM delivery NOT INDEXED WHERE id >= ? AND "
                                      "id < ? AND state = 0 ORDER BY id LIMIT 1");
    query.bind(1, from_);
    query.bind(2, id.value_or(std::numeric_limits<std::int64_t>::max()));
    if (query.executeStep()) {
        id = query.getColumn(0).getInt64();
    }
    query.reset();
    from_ = id ? *id : std::max(from_, one_number(connection, "SELECT max(id) FROM delivery") + 1);
    return id;
}

Measurement measure(Connection& connection, OldestPending& oldest) {
    const auto rows = measure_rows(connection, oldest);
    return {sizes_of(connection, rows.pages), rows.oldest};
}

LoadedQueue load_queue(Connection& connection, OldestPending& oldest, std::uint64_t max_size) {
    oldest = {};
    reuse_wal(connection); // left by an earlier run
    constexpr std::uint64_t page = 4096;
    const auto wal_pages = std::clamp<std::uint64_t>(max_size / page / 16, 32, 1000);
    connection.handle().exec("PRAGMA wal_autocheckpoint = " + std::to_string(wal_pages) +
                             "; PRAGMA journal_size_limit = " + std::to_string(wal_pages * page));
    LoadedQueue loaded;
    count_rows(connection, loaded.counts);
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
         one_number(connection, "SELECT max(id) FROM fresh_event") + 1,
         one_number(connection, "SELECT max(id) FROM delivery") / deliveries_per_event + 1});
    loaded.measured = measure(connection, oldest);
    return loaded;
}

CommitResult write_commit(Connection& connection, OldestPending& oldest, const Commit& commit) {
    CommitResult written;
    RowMeasurement rows;
    const auto oldest_before = oldest;
    try {
        SQLite::Transaction transaction{connection.handle(),
                                        SQLite::TransactionBehavior::IMMEDIATE};
        for (const auto& one : commit.outcomes) {
            write_outcome(connection, one, written.changes);
        }
        // Outcomes free room: they do not wait for what does not fit.
        if (room_for(connection, oldest, commit, written)) {
            insert_events(connection, commit.events, written.changes);
            for (const auto& mark : commit.cooldowns) {
                set_cooldown(connection, mark);
            }
            if (commit.anchor) {
                write_anchor(connection, *commit.anchor);
            }
        }
        rows = measure_rows(connection, oldest);
        transaction.commit();
    } catch (const SQLite::Exception& error) {
        oldest = oldest_before;
        if (!says_full(error) || commit.outcomes.empty()) {
            throw;
        }
        written = write_outcomes_alone(connection, commit.outcomes);
        if (written.unwritten.size() == commit.outcomes.size()) {
            throw;
        }
        written.full = error.what();
        rows = measure_rows(connection, oldest);
    }
    if (commit.disk_tight) {
        reuse_wal(connection);
    }
    written.measured = {sizes_of(connection, rows.pages), rows.oldest};
    return written;
}

} // namespace agent

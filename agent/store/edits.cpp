#include "agent/store/edits.hpp"

#include "agent/store/deletion.hpp"
#include "agent/store/fresh_events.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <algorithm>

namespace agent {

namespace {

using common::Connection;

/// The first column of every row, at most rows_per_step of them.
std::vector<std::int64_t> ids_of(SQLite::Statement& query) {
    std::vector<std::int64_t> ids;
    while (ids.size() < rows_per_step && query.executeStep()) {
        ids.push_back(query.getColumn(0).getInt64());
    }
    query.reset();
    return ids;
}

struct Row {
    std::string webhook;
    int state = row_pending;
};

std::optional<Row> find_row(Connection& connection, std::int64_t id) {
    auto& query = connection.prepared("SELECT webhook, state FROM delivery WHERE id = ?");
    query.bind(1, id);
    if (!query.executeStep()) {
        return std::nullopt;
    }
    Row row{query.getColumn(0).getString(), query.getColumn(1).getInt()};
    query.reset();
    return row;
}

void retry_row(Connection& connection, OldestPending& oldest, std::int64_t id, const Row& row,
               std::int64_t now, CountChanges& changes) {
    if (row.state == row_pending) {
        // One that was never tried is due already; due = 0 marks it as fresh.
        auto& update =
            connection.prepared("UPDATE delivery SET due = min(due, ?) WHERE id = ? AND due > 0");
        update.bind(1, now);
        update.bind(2, id);
        update.exec();
        return;
    }
    auto& update =
        connection.prepared("UPDATE delivery SET state = 0, attempts = 0, due = ? WHERE id = ?");
    update.bind(1, now);
    update.bind(2, id);
    update.exec();
    oldest.revived(id);
    auto& change = changes[row.webhook];
    ++change.pending;
    --change.dead;
}

template <class Each>
Step for_each(Connection& connection, OldestPending& oldest, const std::vector<std::int64_t>& ids,
              Each each) {
    Step step;
    step.last = ids.empty() ? 0 : ids.back();
    step.done = ids.size() < rows_per_step;
    if (!ids.empty()) {
        SQLite::Transaction transaction{connection.handle(),
                                        SQLite::TransactionBehavior::IMMEDIATE};
        for (const auto id : ids) {
            if (each(id, step.written.changes)) {
                step.rows.push_back(id);
            }
        }
        transaction.commit();
    }
    step.written.measured = measure(connection, oldest);
    return step;
}

Step apply(Connection& connection, OldestPending& oldest, Edit edit,
           const std::vector<std::int64_t>& ids, const Selection& selection, std::int64_t now) {
    const auto wanted_state =
        selection.state
            ? std::optional{*selection.state == DeliveryState::dead ? row_dead : row_pending}
            : std::nullopt;
    return for_each(connection, oldest, ids, [&](std::int64_t id, CountChanges& changes) {
        const auto row = find_row(connection, id);
        if (!row || (wanted_state && row->state != *wanted_state) ||
            (selection.webhook && row->webhook != *selection.webhook)) {
            return false;
        }
        if (edit == Edit::drop) {
            delete_delivery(connection, id, changes);
        } else {
            retry_row(connection, oldest, id, *row, now, changes);
        }
        return true;
    });
}

} // namespace

Step edit_ids(Connection& connection, OldestPending& oldest, Edit edit, const Selection& selection,
              std::int64_t after, std::int64_t now) {
    move_out_all(connection);
    const auto& all = selection.ids;
    const auto begin = std::upper_bound(all.begin(), all.end(), after);
    const auto count = std::min<std::ptrdiff_t>(rows_per_step, all.end() - begin);
    return apply(connection, oldest, edit, {begin, begin + count}, selection, now);
}

Step edit_dead(Connection& connection, OldestPending& oldest, Edit edit,
               const std::optional<std::string>& webhook, std::int64_t after, std::int64_t last_id,
               std::int64_t now) {
    auto& query = connection.prepared("SELECT id FROM delivery INDEXED BY delivery_dead WHERE "
                                      "state = 1 AND id > ?1 AND id <= ?2 AND "
                                      "(?3 IS NULL OR webhook = ?3) ORDER BY id");
    query.bind(1, after);
    query.bind(2, last_id);
    if (webhook) {
        query.bind(3, *webhook);
    }
    const auto ids = ids_of(query);
    return apply(connection, oldest, edit, ids, {{}, DeliveryState::dead, webhook}, now);
}

Step edit_pending(Connection& connection, OldestPending& oldest, Edit edit,
                  const std::string& webhook, std::int64_t last_id, std::int64_t now) {
    move_out_all(connection);
    auto& query = connection.prepared("SELECT id FROM delivery INDEXED BY delivery_pending WHERE "
                                      "state = 0 AND webhook = ?1 AND due > ?2 "
                                      "AND id <= ?3");
    query.bind(1, webhook);
    query.bind(2, edit == Edit::retry ? now : std::int64_t{-1});
    query.bind(3, last_id);
    const auto ids = ids_of(query);
    return apply(connection, oldest, edit, ids, {{}, DeliveryState::pending, webhook}, now);
}

Step bury(Connection& connection, OldestPending& oldest, const std::string& webhook,
          const std::string& why, std::int64_t now) {
    move_out_all(connection);
    auto& query = connection.prepared(
        "SELECT id FROM delivery INDEXED BY delivery_pending WHERE state = 0 AND webhook = ?");
    query.bind(1, webhook);
    const auto ids = ids_of(query);
    return for_each(connection, oldest, ids, [&](std::int64_t id, CountChanges& changes) {
        auto& update = connection.prepared(
            "UPDATE delivery SET state = 1, due = ?, last_error = ? WHERE id = ?");
        update.bind(1, now);
        update.bind(2, why);
        update.bind(3, id);
        update.exec();
        auto& change = changes[webhook];
        --change.pending;
        ++change.dead;
        ++change.died;
        return true;
    });
}

Step revive(Connection& connection, OldestPending& oldest, const std::string& webhook,
            const std::string& why, std::int64_t after, std::int64_t now) {
    auto& query = connection.prepared("SELECT id FROM delivery INDEXED BY delivery_dead WHERE "
                                      "state = 1 AND id > ?1 AND webhook = ?2 AND "
                                      "last_error = ?3 ORDER BY id");
    query.bind(1, after);
    query.bind(2, webhook);
    query.bind(3, why);
    const auto ids = ids_of(query);
    return for_each(connection, oldest, ids, [&](std::int64_t id, CountChanges& changes) {
        retry_row(connection, oldest, id, {webhook, row_dead}, now, changes);
        auto& update = connection.prepared("UPDATE delivery SET last_error = '' WHERE id = ?");
        update.bind(1, id);
        update.exec();
        return true;
    });
}

Step expire(Connection& connection, OldestPending& oldest, const std::string& webhook,
            std::int64_t after, std::int64_t accepted_before) {
    if (oldest_fresh_at(connection) < accepted_before) {
        move_out_all(connection);
    }
    auto& query = connection.prepared(
        "SELECT d.id, d.state = 0 AND d.webhook = ?1, e.accepted_at FROM delivery d NOT INDEXED "
        "CROSS JOIN event e ON e.id = d.id / 65536 WHERE d.id > ?2 ORDER BY d.id");
    query.bind(1, webhook);
    query.bind(2, after);
    std::vector<std::int64_t> ids;
    std::int64_t last = after;
    std::size_t rows_read = 0;
    bool done = true;
    while (query.executeStep() && query.getColumn(2).getInt64() < accepted_before) {
        if (++rows_read > rows_per_step) {
            done = false;
            break;
        }
        last = query.getColumn(0).getInt64();
        if (query.getColumn(1).getInt() != 0) {
            ids.push_back(last);
        }
    }
    query.reset();
    auto step = for_each(connection, oldest, ids, [&](std::int64_t id, CountChanges& changes) {
        delete_delivery(connection, id, changes);
        ++changes[webhook].expired;
        return true;
    });
    step.last = last;
    step.done = done;
    return step;
}

Step forget_dead(Connection& connection, OldestPending& oldest, std::int64_t died_before,
                 std::int64_t surplus) {
    std::vector<std::int64_t> ids;
    auto& query = connection.prepared(
        "SELECT id, due FROM delivery INDEXED BY delivery_dead WHERE state = 1 ORDER BY id");
    for (std::int64_t place = 0; ids.size() < rows_per_step && query.executeStep(); ++place) {
        if (place < surplus || query.getColumn(1).getInt64() < died_before) {
            ids.push_back(query.getColumn(0).getInt64());
        }
    }
    query.reset();
    std::int64_t deleted = 0;
    return for_each(connection, oldest, ids, [&](std::int64_t id, CountChanges& changes) {
        const auto gone = delete_delivery(connection, id, changes);
        if (gone && deleted++ < surplus) {
            ++changes[gone->webhook].dropped;
        }
        return true;
    });
}

void forget_cooldowns(Connection& connection, std::int64_t now) {
    auto& remove = connection.prepared("DELETE FROM cooldown WHERE until <= ?");
    remove.bind(1, now);
    remove.exec();
}

} // namespace agent

#include "agent/store/schema.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <SQLiteCpp/Transaction.h>
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace agent {

namespace {

// Append only: a released migration never changes, not even in its white space, because
// schema_mismatch() compares texts. test/data has a database of each version.
constexpr std::array migrations{
    // 1. The deliveries of an event are a range of ids (deliveries_per_event).
    // delivery.due: 0 if never tried, else the queue time of the retry; for a dead letter, the time
    // it died.
    // There are only the indexes that the queue is searched by: each one costs a page of the WAL
    // per commit.
    R"sql(
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE webhook(position INTEGER PRIMARY KEY, key TEXT NOT NULL, json TEXT NOT NULL);
CREATE TABLE event(id INTEGER PRIMARY KEY, event_id TEXT NOT NULL, given INTEGER NOT NULL, )sql"
    R"sql(accepted_at INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX event_given ON event(event_id) WHERE given = 1;
CREATE TABLE delivery(
  id INTEGER PRIMARY KEY, webhook TEXT NOT NULL, state INTEGER NOT NULL, )sql"
    R"sql(attempts INTEGER NOT NULL, due INTEGER NOT NULL,
  last_status INTEGER NOT NULL, last_error TEXT NOT NULL, history TEXT NOT NULL);
CREATE INDEX delivery_pending ON delivery(webhook, due) WHERE state = 0;
CREATE INDEX delivery_dead ON delivery(id, webhook, due) WHERE state = 1;
CREATE TABLE cooldown(webhook TEXT NOT NULL, value TEXT NOT NULL, until INTEGER NOT NULL, )sql"
    R"sql(PRIMARY KEY(webhook, value)) WITHOUT ROWID;
)sql",
    // 2. Events that came a moment ago (agent/store/fresh_events.hpp). Nothing moves: those that
    // version 1 left in the other tables are delivered from there.
    R"sql(
CREATE TABLE fresh_event(id INTEGER PRIMARY KEY, event_id TEXT NOT NULL, given INTEGER NOT NULL, )sql"
    R"sql(accepted_at INTEGER NOT NULL, body BLOB NOT NULL, webhooks TEXT NOT NULL);
)sql",
};

// A version above this is a flipped bit, not a newer program's.
constexpr int newest_believed = 1'000;

} // namespace

int schema_version() {
    return static_cast<int>(migrations.size());
}

namespace {

/// Errors: Fault::config when it is newer than this program.
common::Result<int> version_of(common::Connection& connection) {
    const int found = connection.handle().execAndGet("PRAGMA user_version").getInt();
    if (found > schema_version()) {
        return common::fail(common::Fault::config,
                            "the database " + connection.path() + " has version " +
                                std::to_string(found) + ", and this ffl-agent supports only " +
                                "versions up to " + std::to_string(schema_version()) +
                                ": run the newer ffl-agent, or set queue.path to another file");
    }
    return found;
}

} // namespace

common::Result<void> check_version(common::Connection& connection) {
    try {
        const auto found = version_of(connection);
        return found ? common::Result<void>{} : common::fail(found.error());
    } catch (...) {
        return common::fail("cannot read the database " + connection.path(),
                            common::storage_error());
    }
}

std::optional<std::string> schema_mismatch(SQLite::Database& handle) {
    const int version = handle.execAndGet("PRAGMA user_version").getInt();
    if (version > schema_version() && version <= newest_believed) {
        return std::nullopt;
    }
    if (version < 0 || version > newest_believed) {
        return "its version is " + std::to_string(version);
    }
    // Additional tables, indexes and triggers do no harm.
    SQLite::Database model{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    for (int step = 0; step < std::max(version, 1); ++step) {
        model.exec(migrations[static_cast<std::size_t>(step)]);
    }
    SQLite::Statement expected{model, "SELECT name, type, coalesce(sql, '') FROM sqlite_schema"};
    SQLite::Statement found{
        handle, "SELECT coalesce(sql, '') FROM sqlite_schema WHERE name = ? AND type = ?"};
    while (expected.executeStep()) {
        const auto name = expected.getColumn(0).getString();
        found.reset();
        found.bind(1, name);
        found.bind(2, expected.getColumn(1).getString());
        const bool there = found.executeStep();
        if (there && version == 0) {
            return "its version is 0, but it has the " + expected.getColumn(1).getString() + " " +
                   name;
        }
        if (version > 0 &&
            (!there || found.getColumn(0).getString() != expected.getColumn(2).getString())) {
            return "the " + expected.getColumn(1).getString() + " " + name + " is " +
                   (there ? "not that of version " + std::to_string(version) : "missing");
        }
    }
    return std::nullopt;
}

void stand_in_for_migrations(common::Connection& reader) {
    // So far every migration adds a table.
    constexpr std::string_view create = "CREATE TABLE";
    auto& handle = reader.handle();
    const int version = handle.execAndGet("PRAGMA user_version").getInt();
    handle.exec("PRAGMA temp_store = MEMORY; PRAGMA query_only = OFF");
    for (int step = std::max(version, 1); step < schema_version(); ++step) {
        std::string text = migrations[static_cast<std::size_t>(step)];
        handle.exec(text.replace(text.find(create), create.size(), "CREATE TEMP TABLE"));
    }
    handle.exec("PRAGMA query_only = ON");
}

common::Result<void> migrate(common::Connection& connection) {
    try {
        auto& handle = connection.handle();
        const auto found = version_of(connection);
        if (!found) {
            return common::fail(found.error());
        }
        for (int step = *found; step < schema_version(); ++step) {
            SQLite::Transaction transaction{handle, SQLite::TransactionBehavior::IMMEDIATE};
            handle.exec(migrations[static_cast<std::size_t>(step)]);
            handle.exec("PRAGMA user_version = " + std::to_string(step + 1));
            transaction.commit();
        }
        return {};
    } catch (...) {
        return common::fail("cannot bring the database " + connection.path() + " to version " +
                                std::to_string(schema_version()),
                            common::storage_error());
    }
}

} // namespace agent

// The tables of the queue's file, as an append-only list of migrations. `user_version` counts those
// applied; each one runs in its own transaction, so a crash leaves a whole version. Database
// thread.
//
// This folder holds everything that reads or writes that file: the schema, the statements and the
// rows they carry, salvage of a damaged file, the disk reserve and the queue's own time. It uses
// agent/webhooks and common/sqlite; agent/queue decides what to do, this folder does it.
#pragma once

#include "common/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace agent {

/// A delivery's id is its event's row id times this, plus its place among the event's deliveries.
inline constexpr std::int64_t deliveries_per_event = 65'536;
static_assert(deliveries_per_event == 65'536,
              "ids in existing databases depend on it, and the SQL of this folder spells it out");

// delivery.state
inline constexpr int row_pending = 0;
inline constexpr int row_dead = 1;

/// The number of migrations that this version knows.
int schema_version();

/// Whether this version can work with the database; changes nothing. Errors as in migrate().
common::Result<void> check_version(common::Connection& connection);

/// Why the tables are not those of the version in `user_version`; nothing when they are, or when
/// the database has a newer version. Throws as SQLite does.
std::optional<std::string> schema_mismatch(SQLite::Database& handle);

/// For a database that can only be read: what its version lacks appears, empty, to this connection
/// alone. Throws as SQLite does.
void stand_in_for_migrations(common::Connection& reader);

/// Brings the database to this version. Errors: Fault::config when the database has a newer version
/// (exit 78), otherwise Fault::storage.
common::Result<void> migrate(common::Connection& connection);

} // namespace agent

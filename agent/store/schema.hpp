// The schema as an append-only list of migrations; `user_version` counts those that were made. Each
// step is one transaction.
#pragma once

#include "common/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace agent {

/// A delivery's id is its event's row * this + its place among the event's deliveries.
inline constexpr std::int64_t deliveries_per_event = 65'536;

// delivery.state
inline constexpr int row_pending = 0;
inline constexpr int row_dead = 1;

/// How many migrations this version knows.
int schema_version();

/// Whether this version can work with the database; changes nothing. Errors as of migrate().
common::Result<void> check_version(common::Connection& connection);

/// Why the tables are not those of the version that the database says it has; nothing when they
/// are, or when it is a newer version. Throws as SQLite does.
std::optional<std::string> misfit(SQLite::Database& handle);

/// Brings the database to this version. Fault::config when the database is of a newer version (exit
/// 78), Fault::storage otherwise.
common::Result<void> migrate(common::Connection& connection);

} // namespace agent

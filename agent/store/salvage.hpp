// Opens the database whatever state its file is in: a damaged file is set aside as
// `agent.db.corrupt-<time>`, and every definition and delivery that can be read is copied into a
// new database. Blocking: at start, before the loop runs, and on the database thread when damage
// shows up later.
#pragma once

#include "common/sqlite/database.hpp"

#include <string>
#include <vector>

namespace agent {

struct OpenReport {
    std::vector<std::string> quarantined; ///< as quarantined_files() returns them
    bool salvaged = false;                ///< whether this start set a file aside
    std::size_t events_carried = 0, deliveries_carried = 0, webhooks_carried = 0;
};

/// Checks, opens and migrates. Errors: Fault::config for a database of a newer version,
/// Fault::storage if no database can be opened at all (no folder, no permission, no space).
common::Result<OpenReport> open_database(common::Database& database, const std::string& path,
                                         common::Sync sync);

/// Sets a damaged file aside and copies what can be read into a new one. No connection of ours may
/// be open.
common::Result<void> salvage_file(const std::string& path, common::Sync sync);

/// The files set aside, now or earlier, that still lie beside the database `path`; oldest first.
std::vector<std::string> quarantined_files(const std::string& path);

} // namespace agent

// Opens the database whatever state its files are in: damaged ones are set aside as
// `agent.db.corrupt-<time>`, and every definition and delivery that can be read is copied into a
// new database. Blocking: at start, before the loop runs, and on the database thread when damage
// shows up later.
//
// A salvage may be cut off at any point. The new database is built beside the damaged one, which
// stays as it is, as `agent.db.salvage`; renamed to `agent.db.salvaged-<time>` it counts, and
// whatever of the exchange of files is then left is done by the next start.
#pragma once

#include "agent/store/progress.hpp"
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
/// Fault::storage if no database can be opened at all (no folder, no permission, no space),
/// Fault::full if it is damaged and no new one can be written: then nothing has changed.
common::Result<OpenReport> open_database(common::Database& database, const std::string& path,
                                         common::Sync sync, const Progress& progress = {});

/// Sets a damaged file aside and copies what can be read into a new one. No connection of ours may
/// be written. `why` is for the log. Errors: Fault::full and Fault::storage as above; then the
/// connection can still be read.
common::Result<void> salvage_file(const std::string& path, const std::string& why,
                                  const Progress& progress = {});

/// The files set aside, now or earlier, that still lie beside the database `path`; oldest first.
std::vector<std::string> quarantined_files(const std::string& path);

} // namespace agent

// Opening the database whatever state its file is in: a damaged one is set aside as
// `agent.db.corrupt-<time>`, and what can be read of definitions and deliveries is carried over
// into a new one. Runs once, at start, before the loop.
#pragma once

#include "common/sqlite/database.hpp"

#include <string>
#include <vector>

namespace agent {

struct OpenReport {
    std::vector<std::string>
        quarantined;       ///< files set aside now or earlier, still lying beside the database
    bool salvaged = false; ///< this start set one aside
    std::size_t events_carried = 0, deliveries_carried = 0, webhooks_carried = 0;
};

/// Opens, checks, migrates. Refuses a newer version (Fault::config). Fault::storage only when
/// nothing can be opened at all (no folder, no permission, no space).
common::Result<OpenReport> open_database(common::Database& database, const std::string& path,
                                         common::Sync sync);

/// For a file that showed itself damaged while no connection of ours is open: sets it aside and
/// carries over what can be read.
common::Result<void> salvage_file(const std::string& path, common::Sync sync);

/// The files set aside that lie beside the database `path`, oldest first.
std::vector<std::string> quarantined_files(const std::string& path);

} // namespace agent

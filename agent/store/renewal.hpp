// Gives the queue a database that can be written again after an error, or from the start. The good
// is never given up before the better is there: as long as nothing can be written, rows are read
// over the connection that there is, or over one that only reads. Blocking; database thread, or
// before the loop runs.
#pragma once

#include "agent/store/progress.hpp"
#include "agent/store/salvage.hpp"
#include "common/base/time.hpp"
#include "common/sqlite/database.hpp"

#include <optional>
#include <string>
#include <vector>

namespace agent {

/// What an error says about the connection.
enum class DatabaseTrouble {
    none,     ///< it still works; only this job failed (no space, busy)
    io_error, ///< unknown what reached the disk
    moved,    ///< the files were removed or replaced: what is written is lost
    damaged,  ///< the file is not a sound database
    unopened, ///< at the start it could not be opened for writing
};

struct RenewalRequest {
    DatabaseTrouble trouble = DatabaseTrouble::none; ///< not `none`
    std::string path;
    common::Sync sync = common::Sync::full;
    bool may_salvage = true; ///< set a damaged file aside; otherwise go on with it
};

struct Renewal {
    common::Result<void> writable; ///< or why it is not
    bool exchanged = false;        ///< rows come from another connection than before
    /// A damaged file was set aside: all that lie there, as quarantined_files() returns them.
    std::optional<std::vector<std::string>> quarantined{};
    common::Millis next_in{1'000}; ///< if it is not writable: when to try again
};

Renewal renew_database(common::Database& database, const RenewalRequest& request,
                       const Progress& progress);

/// For the start: open_database(), and where the disk is what hinders it (full, read-only, broken,
/// no room for a salvage), for reading only or not at all. Errors: what a person must change
/// (Fault::config, no folder, no permission).
struct StartReport {
    OpenReport opened;
    std::optional<common::Error> hindered; ///< it cannot be written yet: renew it as `unopened`
};
common::Result<StartReport> start_database(common::Database& database, const std::string& path,
                                           common::Sync sync, const Progress& progress = {});

} // namespace agent

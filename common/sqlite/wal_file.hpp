// WalFile: SQLite's write-ahead log read as a file (https://sqlite.org/fileformat2.html#walformat),
// without SQLite, which passes over all that follows a faulty frame and deletes a log that lies
// beside an empty database. Reads only; for the time before the database is opened.
#pragma once

#include "common/base/result.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace common {

/// What a log holds, and whether SQLite would read all of it.
struct WalReport {
    std::size_t frames = 0;    ///< written since the log was last begun anew, faulty ones included
    std::size_t faulty = 0;    ///< of them: checksum or salt is wrong
    std::size_t committed = 0; ///< frames up to the last end of a transaction
    /// Why the log is damaged: SQLite would lose committed transactions. Nothing when it is whole,
    /// or when only its last transaction was cut off (a power cut; nothing of it was acknowledged).
    std::optional<std::string> damage;
    /// Why SQLite will pass over its last transaction although that was once complete: a power cut
    /// before its fsync ended leaves it so. If there was none since, it is damage, too.
    std::optional<std::string> torn;
    [[nodiscard]] bool has_transactions() const { return committed > 0; }
};

/// A log that is absent or empty has no frames. `boot_id`, if given, is text that only pages
/// written since the device was switched on have: with it a torn transaction is damage. Errors:
/// Fault::storage when it cannot be read. `progress`, if given, is called while the database is
/// searched for a page, which may take as long as to read it.
Result<WalReport> inspect_wal(const std::string& wal_path, const std::string& boot_id = {},
                              const std::function<void()>& progress = {});

/// Copies the file alone; what cannot be read (a bad sector) is zeros, and a file that is absent is
/// empty. `progress`, if given, is called for every MiB. Synced by nobody. Errors: Fault::storage
/// when it may not be read, Fault::full when the copy cannot be written.
Result<void> copy_database(const std::string& database, const std::string& copy,
                           const std::function<void()>& progress = {});

/// Copies `database` (which may be absent) to `image`, with the readable committed frames of its
/// log in their places; a page that neither has is zeros. Otherwise as copy_database().
Result<void> write_image(const std::string& database, const std::string& image,
                         const std::function<void()>& progress = {});

} // namespace common

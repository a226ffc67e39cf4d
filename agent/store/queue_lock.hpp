// QueueLock: one agent per queue. A lock on a file beside the database, held for the life of the
// process and taken before the database is opened or repaired; the kernel gives it back however the
// process ends. The file stays and names its last holder. Reading without it is allowed.
//
// That lock goes by the file's name. For a database with a second name (a hard link, a bind mount)
// a byte of the database itself is locked as well, far from those that SQLite locks.
#pragma once

#include "common/base/result.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace agent {

class QueueLock {
  public:
    QueueLock() = default;
    ~QueueLock();
    QueueLock(const QueueLock&) = delete;
    QueueLock& operator=(const QueueLock&) = delete;

    /// Takes the lock of the database at `path` (a symbolic link counts as the file that it leads
    /// to). On a disk that takes no writes the file is locked as far as it can be, until keep().
    /// Errors: Fault::storage, with the process that has it.
    common::Result<void> take(const std::string& path);
    /// Takes it again if a file that it is on was removed or replaced, or could not be locked for
    /// writing. Some stat() calls otherwise. Errors as of take(), and if it still cannot be.
    common::Result<void> keep();

    /// Whether no other process has the queue: one may have taken it if the file was removed or
    /// replaced. If none has, takes the lock again; a disk that takes no writes is no error here.
    /// Error: that of take().
    common::Result<void> alone();

    /// Who has the queue, as "process 123 (since 2024-05-01T10:00:00Z)". Nothing if nobody has it,
    /// or that cannot be found out.
    static std::optional<std::string> holder(const std::string& path);

  private:
    [[nodiscard]] bool in_place() const;
    [[nodiscard]] common::Error cannot_lock(int descriptor, int why) const;
    common::Result<void> take_for_writing();
    common::Result<void> take_for_reading(const common::Error& why);
    common::Result<void> take_database();

    std::string path_; // of the database
    std::string file_; // of the lock
    int descriptor_ = -1;
    /// Of the databases that lay there, the last of them now. None is closed before the end: that
    /// would take away the locks that SQLite has on the same file (POSIX).
    std::vector<int> databases_;
    bool has_database_ = false; ///< locked the last of them
    bool writes_ = false;       ///< opened it for writing
    bool reading_ = false;      // the lock of an agent that cannot write
};

} // namespace agent

// FailingDisk: a disk as SQLite sees it that refuses on demand, in front of the real one. For
// everything that SQLite opens while it exists. On the test's thread.
#pragma once

#include <cstdint>
#include <sqlite3.h>

namespace test {

class FailingDisk {
  public:
    FailingDisk();
    ~FailingDisk();
    FailingDisk(const FailingDisk&) = delete;
    FailingDisk& operator=(const FailingDisk&) = delete;

    bool read_only = false; ///< opens nothing for writing, and writes nothing into what is open
    bool writes = true;     ///< false: EIO
    bool syncs = true;      ///< false: EIO
    bool full = false;      ///< ENOSPC where a file grows
    bool indexes = true;    ///< false: no index of a WAL (-shm) can be opened or used
    /// Bytes of database files that cannot be read (EIO).
    std::int64_t bad_from = 0, bad_to = 0;

  private:
    ::sqlite3_vfs* real_;
    ::sqlite3_vfs mine_;
};

} // namespace test

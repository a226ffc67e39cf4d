// The sizes of the database's files, and the ways to shrink them: the write-ahead log (WAL) and
// spare pages. Database thread only. Functions throw as SQLite does.
#pragma once

#include "common/sqlite/database.hpp"

#include <cstdint>

namespace SQLite {
class Exception;
} // namespace SQLite

namespace agent {

/// All in bytes.
struct Sizes {
    std::uint64_t used = 0;   ///< pages in use
    std::uint64_t spare = 0;  ///< free pages within the file
    std::uint64_t wal = 0;    ///< the WAL file
    std::uint64_t growth = 0; ///< by how much the database file grows once it takes in the WAL
    [[nodiscard]] std::uint64_t files() const { return used + spare + wal; }
};

/// Whether the error is SQLITE_FULL: there is no space on the disk.
bool says_full(const SQLite::Exception& error);
/// Moves as much of the WAL into the database as possible. The WAL is then written from its start
/// again, so it need not grow.
void reuse_wal(common::Connection& connection) noexcept;
/// Returns up to `pages` spare pages to the file system, once they are checkpointed.
void shrink(common::Connection& connection, std::uint64_t pages);
/// Moves the WAL into the database and empties it, unless a reader still needs it.
void empty_wal(common::Connection& connection);
/// The number that `sql` selects; 0 without a row.
std::int64_t one_number(common::Connection& connection, const char* sql);

/// What only the database itself knows of its size. In bytes.
struct PageBytes {
    std::uint64_t all = 0, spare = 0;
};
PageBytes bytes_of_pages(common::Connection& connection);
Sizes sizes_of(const common::Connection& connection, PageBytes pages);

} // namespace agent

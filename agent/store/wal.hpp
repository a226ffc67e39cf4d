// The sizes of the database's files, and what gives room back: the write-ahead log and spare pages.
// Database thread only. Functions throw as SQLite does.
#pragma once

#include "common/sqlite/database.hpp"

#include <cstdint>

namespace SQLite {
class Exception;
} // namespace SQLite

namespace agent {

/// The files, and what of them is in use.
struct Sizes {
    std::uint64_t used = 0;  ///< pages in use
    std::uint64_t spare = 0; ///< pages that are free within the file
    std::uint64_t wal = 0;
    std::uint64_t growth =
        0; ///< of the database file, once what stands in the WAL alone is moved into it
    [[nodiscard]] std::uint64_t files() const { return used + spare + wal; }
};

bool says_full(const SQLite::Exception& error);
/// Moves the WAL into the database, as far as that goes: it is then written from its beginning
/// again, and need not grow.
void reuse_wal(common::Connection& connection) noexcept;
/// Gives up to `pages` of the spare ones back to the file system, once they are checkpointed.
void shrink(common::Connection& connection, std::uint64_t pages);
/// Moves the WAL into the database and empties it, where no reader keeps it.
void empty_wal(common::Connection& connection);
/// The number that `sql` gives; 0 without a row.
std::int64_t one_number(common::Connection& connection, const char* sql);
Sizes sizes_of(common::Connection& connection);

} // namespace agent

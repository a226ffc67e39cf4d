#include "agent/store/wal.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <sqlite3.h>
#include <sys/stat.h>

namespace agent {

using common::Connection;

std::int64_t one_number(Connection& connection, const char* sql) {
    auto& query = connection.prepared(sql);
    const auto number = query.executeStep() ? query.getColumn(0).getInt64() : 0;
    query.reset();
    return number;
}

PageBytes bytes_of_pages(Connection& connection) {
    const auto page = static_cast<std::uint64_t>(one_number(connection, "PRAGMA page_size"));
    const auto pages = static_cast<std::uint64_t>(one_number(connection, "PRAGMA page_count"));
    const auto spare = static_cast<std::uint64_t>(one_number(connection, "PRAGMA freelist_count"));
    return {pages * page, spare * page};
}

Sizes sizes_of(const Connection& connection, PageBytes pages) {
    const auto size_of = [](const std::string& path) -> std::uint64_t {
        struct stat file {};
        return ::stat(path.c_str(), &file) == 0 ? static_cast<std::uint64_t>(file.st_size) : 0;
    };
    const auto file = size_of(connection.path());
    return {pages.all - pages.spare, pages.spare, size_of(connection.path() + "-wal"),
            pages.all - std::min(pages.all, file)};
}

bool says_full(const SQLite::Exception& error) {
    return (error.getErrorCode() & 0xff) == SQLITE_FULL;
}

void reuse_wal(Connection& connection) noexcept {
    connection.reset_statements();
    connection.handle().tryExec("PRAGMA wal_checkpoint(PASSIVE)");
}

void shrink(Connection& connection, std::uint64_t pages) {
    // A page at the end of the file first moves to a spare place, by way of the WAL: on a full disk
    // there is room for only a few of them.
    for (auto step = pages; pages > 0;) {
        step = std::min(step, pages);
        try {
            connection.handle().exec("PRAGMA incremental_vacuum(" + std::to_string(step) + ")");
            pages -= step;
        } catch (const SQLite::Exception& error) {
            if (!says_full(error) || step == 1) {
                throw;
            }
            reuse_wal(connection);
            step = std::max<std::uint64_t>(step / 8, 1);
        }
    }
}

void empty_wal(Connection& connection) {
    connection.reset_statements(); // a running statement would keep it
    // A reader in another process keeps a part of it, which is left for the next time. Commits must
    // not wait for that reader here.
    auto& handle = connection.handle();
    handle.exec("PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)");
    handle.exec("PRAGMA busy_timeout = 5000");
}

} // namespace agent

#include "agent/store/damage.hpp"

#include "agent/store/queue_time.hpp"
#include "agent/store/rows.hpp"
#include "agent/store/schema.hpp"
#include "common/async/clock.hpp"
#include "common/sqlite/uri.hpp"
#include "common/sqlite/wal_file.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <array>
#include <filesystem>
#include <fstream>
#include <sqlite3.h>

namespace agent {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t header_bytes = 100;                // of a database
constexpr std::uintmax_t first_frame_ends = 32 + 24 + 4096; // in a WAL

bool means_damage(const SQLite::Exception& error) {
    const int code = error.getErrorCode() & 0xff;
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

/// What only damage makes of the first page: "unsupported file format".
bool means_no_tables(const SQLite::Exception& error) {
    return (error.getErrorCode() & 0xff) == SQLITE_ERROR;
}

bool cannot_be_read(const SQLite::Exception& error) {
    const int code = error.getExtendedErrorCode();
    return code == SQLITE_IOERR_READ || code == SQLITE_IOERR_SHORT_READ;
}

/// Whether there is a WAL that does not begin with one of the two magic numbers. Zeros in a short
/// one do not count: a power cut leaves them in a WAL that was just created. Its header is synced
/// before the frames of its first transaction are written.
bool wal_is_overwritten(const std::string& path) {
    std::array<char, 4> magic{};
    std::ifstream{path + "-wal", std::ios::binary}.read(magic.data(), magic.size());
    const std::string_view found{magic.data(), magic.size()};
    std::error_code absent;
    const auto bytes = fs::file_size(path + "-wal", absent);
    using namespace std::string_view_literals;
    if (found == "\0\0\0\0"sv) {
        return !absent && bytes > first_frame_ends;
    }
    return found != "\x37\x7f\x06\x82"sv && found != "\x37\x7f\x06\x83"sv;
}

/// Of the boot in which the agent last wrote its clock; empty if it is not known.
std::string last_boot(SQLite::Database& handle) {
    SQLite::Statement query{handle, "SELECT value FROM meta WHERE key = 'queue_time'"};
    const auto anchor =
        query.executeStep() ? parse_anchor(query.getColumn(0).getString()) : std::nullopt;
    return anchor ? anchor->boot_id : "";
}

int tell_checking(void* progress) {
    (*static_cast<const Progress*>(progress))("checking");
    return 0;
}

/// Whether the file ends in the middle of a page: pages are written whole, except that a crash
/// during a checkpoint can leave part of one, and then the WAL still holds it.
bool ends_within_a_page(SQLite::Database& handle, std::uintmax_t bytes) {
    return bytes % static_cast<unsigned>(handle.execAndGet("PRAGMA page_size").getInt()) != 0;
}

/// Compares the indexes with their tables, too: what an index has lost is never delivered.
std::optional<std::string> found_by_check(SQLite::Database& handle) {
    SQLite::Statement check{handle, "PRAGMA integrity_check(1)"};
    const auto found = check.executeStep() ? check.getColumn(0).getString() : "ok";
    return found == "ok" ? std::nullopt // the first line is a heading
                         : std::optional{found.substr(found.rfind('\n') + 1)};
}

/// For a large file: reads the indexes of the deliveries, as the agent does when it starts, and
/// after a crash compares them with the table.
std::optional<std::string> index_mismatch(SQLite::Database& handle, bool after_crash) {
    if (!handle.tableExists("delivery")) {
        return std::nullopt;
    }
    const auto sums = [&](const std::string& by, int state) {
        SQLite::Statement query{handle, "SELECT count(*), total(id % 1000003 + due % 1000003) FROM "
                                        "delivery " +
                                            by + " WHERE state = " + std::to_string(state)};
        query.executeStep();
        return std::pair{query.getColumn(0).getInt64(), query.getColumn(1).getDouble()};
    };
    for (const auto& [index, state] :
         {std::pair{"delivery_pending", row_pending}, std::pair{"delivery_dead", row_dead}}) {
        const auto indexed = sums(std::string{"INDEXED BY "} + index, state);
        if (after_crash && indexed != sums("NOT INDEXED", state)) {
            return std::string{"the index "} + index + " does not fit its table";
        }
    }
    return std::nullopt;
}

std::optional<std::string> found_by_sqlite(const std::string& path, std::uintmax_t bytes,
                                           const common::WalReport& wal, const std::string& boot,
                                           const Progress& progress) {
    bool readable = false; // at least the first page
    try {
        SQLite::Database handle{path, SQLite::OPEN_READWRITE, 5'000};
        // Otherwise closing would move the WAL into a file that may be about to be set aside.
        ::sqlite3_db_config(handle.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
        if (progress) {
            ::sqlite3_progress_handler(handle.getHandle(), instructions_per_call, tell_checking,
                                       const_cast<Progress*>(&progress));
        }
        SQLite::Statement schema{handle, "SELECT count(*) FROM sqlite_schema"};
        schema.executeStep();
        readable = true;
        if (!wal.has_transactions() && ends_within_a_page(handle, bytes)) {
            return "it ends in the middle of a page";
        }
        if (auto why = schema_mismatch(handle)) {
            return why;
        }
        if (auto why = bytes <= max_checked_bytes
                           ? found_by_check(handle)
                           : index_mismatch(handle, wal.has_transactions())) {
            return why;
        }
        // Every table is readable or does not exist yet.
        for (const auto* table :
             {"meta", "webhook", "event", "fresh_event", "delivery", "cooldown"}) {
            if (handle.tableExists(table)) {
                SQLite::Statement probe{handle, std::string{"SELECT * FROM "} + table + " LIMIT 1"};
                probe.executeStep();
            }
        }
        if (wal.torn && last_boot(handle) == boot) {
            return wal.torn;
        }
    } catch (const SQLite::Exception& error) {
        // A bad sector stays bad. Where nothing at all can be read, the disk may come back.
        if (means_damage(error) || (readable && cannot_be_read(error)) ||
            (!readable && means_no_tables(error))) {
            return error.what();
        }
    }
    return std::nullopt;
}

} // namespace

std::optional<std::string> find_damage(const std::string& path, const Progress& progress) {
    tell(progress, "checking");
    // What the agent writes it writes in one boot: no power was cut since, then.
    const auto boot = common::SystemClock{common::asio::system_executor{}}.boot_id();
    const auto inspected =
        common::inspect_wal(path + "-wal", boot, [&] { tell(progress, "checking"); });
    if (!inspected) {
        return std::nullopt; // without the WAL nothing can be judged, and it may be readable again
    }
    const auto& wal = *inspected;
    std::error_code absent;
    const auto found = fs::file_size(path, absent);
    const auto bytes = absent ? 0 : found;
    if (fs::is_directory(path, absent)) {
        return std::nullopt;
    }
    if (bytes < header_bytes && wal.has_transactions()) {
        return bytes == 0 ? "the database is empty beside its WAL"
                          : "the database is shorter than its header beside its WAL";
    }
    if (wal.damage) {
        return wal.damage;
    }
    if (wal_is_overwritten(path)) {
        return "its WAL was overwritten";
    }
    if (bytes == 0) {
        return std::nullopt; // the first start
    }
    return found_by_sqlite(path, bytes, wal, boot, progress);
}

bool is_whole(const std::string& path) {
    std::error_code error;
    const auto bytes = fs::file_size(path, error);
    if (error || bytes < header_bytes) {
        return false;
    }
    try {
        SQLite::Database handle{common::immutable_uri(path),
                                SQLite::OPEN_READONLY | SQLite::OPEN_URI};
        const int version = handle.execAndGet("PRAGMA user_version").getInt();
        return version > 0 && !ends_within_a_page(handle, bytes) && !schema_mismatch(handle) &&
               !(bytes <= max_checked_bytes ? found_by_check(handle)
                                            : index_mismatch(handle, true));
    } catch (const SQLite::Exception&) {
        return false;
    }
}

} // namespace agent

#include "common/sqlite/database.hpp"

#include "common/sqlite/uri.hpp"
#include "common/sqlite/wal_file.hpp"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>

namespace common {

namespace {

constexpr int busy_timeout_ms = 5'000;

/// SQLite says "unable to open database file" for every reason; the operator needs the one.
Error cannot_open(const std::string& path) {
    const auto error = storage_error();
    std::error_code ignored;
    const std::filesystem::path file{path};
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
    std::string why = error.message;
    if (std::filesystem::is_directory(file, ignored)) {
        why = "expected a file, but it is a folder";
    } else if (!std::filesystem::is_directory(folder, ignored)) {
        why = "there is no folder " + folder.string();
    } else if (std::filesystem::exists(file, ignored) && ::access(path.c_str(), R_OK | W_OK) != 0) {
        why = std::string{"cannot read and write it: "} + std::strerror(errno);
    } else if (::access(folder.c_str(), W_OK | X_OK) != 0) {
        why = "cannot write to its folder: " + std::string{std::strerror(errno)};
    }
    return {Fault::storage, "cannot open the database " + path + ": " + why};
}

// A file without any table is read to its first page, too.
constexpr auto begin_reading = "PRAGMA query_only = ON; PRAGMA trusted_schema = OFF; SELECT "
                               "count(*) FROM sqlite_schema";

/// SQLite deletes a WAL that lies beside an empty file, and with it all that only the WAL has.
Result<void> refuse_lone_wal(const std::string& path) {
    std::error_code absent;
    const auto bytes = std::filesystem::file_size(path, absent);
    if (!absent && bytes > 0) {
        return {};
    }
    const auto wal = inspect_wal(path + "-wal");
    return wal && wal->has_transactions()
               ? Result<void>{fail(Fault::storage, "cannot open the database " + path +
                                                       ": it is empty beside its WAL")}
               : Result<void>{};
}

} // namespace

struct Connection::State {
    SQLite::Database handle;
    std::map<std::string_view, std::pair<dev_t, ino_t>> places;    // where they were first seen
    std::unordered_map<const char*, SQLite::Statement> statements; // destroyed before the handle
};

Connection::Connection(std::string path) : path_{std::move(path)} {}
Connection::~Connection() = default;

void Connection::open_file(const std::string& name, int flags) {
    state_.reset(new State{SQLite::Database{name, flags, busy_timeout_ms}, {}, {}});
    ::sqlite3_extended_result_codes(state_->handle.getHandle(), 1);
}

Result<std::unique_ptr<Connection>> Connection::open(const std::string& path, Sync sync) {
    if (auto fine = refuse_lone_wal(path); !fine) {
        return fail(fine.error());
    }
    try {
        auto connection = std::unique_ptr<Connection>{new Connection{path}};
        connection->open_file(path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        auto& handle = connection->handle();
        if (connection->is_reader()) {
            return fail(Fault::storage, "cannot open the database " + path + ": it is read-only");
        }
        // Only before the first table: later it would take a VACUUM, and on an existing database it
        // would write for nothing.
        if (handle.execAndGet("PRAGMA page_count").getInt() == 0) {
            handle.exec("PRAGMA auto_vacuum = INCREMENTAL");
        }
        handle.exec("PRAGMA journal_mode = WAL");
        handle.exec(sync == Sync::full ? "PRAGMA synchronous = FULL"
                                       : "PRAGMA synchronous = NORMAL");
        handle.exec("PRAGMA journal_size_limit = 4194304; PRAGMA wal_autocheckpoint = 1000; PRAGMA "
                    "cache_size = -2048;"
                    "PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = OFF; PRAGMA secure_delete = "
                    "FAST; PRAGMA trusted_schema = OFF");
        (void)connection->in_place(); // remembers which files these are
        return connection;
    } catch (...) {
        return fail(cannot_open(path));
    }
}

Result<std::unique_ptr<Connection>> Connection::open_read_only(const std::string& path) {
    if (auto fine = refuse_lone_wal(path); !fine) {
        return fail(fine.error());
    }
    std::error_code absent;
    const bool exists = std::filesystem::exists(path, absent);
    const auto wal_bytes = std::filesystem::file_size(path + "-wal", absent);
    const bool no_wal = static_cast<bool>(absent);
    const auto attempt = [&](bool immutable) -> Result<std::unique_ptr<Connection>> {
        try {
            auto connection = std::unique_ptr<Connection>{new Connection{path}};
            connection->open_file(immutable ? immutable_uri(path) : path,
                                  SQLite::OPEN_READONLY | (immutable ? SQLite::OPEN_URI : 0));
            connection->handle().exec(begin_reading);
            (void)connection->in_place(database_files[0]);
            return connection;
        } catch (...) {
            const auto error = storage_error();
            return fail(Fault::storage, "cannot read the database " + path + ": " +
                                            (exists ? error.message : "there is no such file"));
        }
    };
    // Without a WAL no process has it open, and an ordinary connection would leave a WAL of its
    // own.
    auto connection = attempt(no_wal && exists);
    if (!connection && !no_wal && wal_bytes == 0) {
        connection = attempt(true);
    }
    return connection;
}

Result<std::unique_ptr<Connection>> Connection::open_unlocked(const std::string& path) {
    if (auto fine = refuse_lone_wal(path); !fine) {
        return fail(fine.error());
    }
    try {
        auto connection = std::unique_ptr<Connection>{new Connection{path}};
        connection->open_file(database_uri(path, "mode=ro&vfs=unix-none"),
                              SQLite::OPEN_READONLY | SQLite::OPEN_URI);
        // With an exclusive lock, which costs nothing here, SQLite needs no shared index.
        connection->handle().exec("PRAGMA locking_mode = EXCLUSIVE");
        connection->handle().exec(begin_reading);
        (void)connection->in_place(database_files[0]);
        return connection;
    } catch (...) {
        return fail(Fault::storage,
                    "cannot read the database " + path + ": " + storage_error().message);
    }
}

bool Connection::is_reader() {
    return ::sqlite3_db_readonly(state_->handle.getHandle(), "main") == 1;
}

void Connection::keep_wal(bool keep) {
    ::sqlite3_db_config(state_->handle.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0,
                        nullptr);
}

bool Connection::in_place(std::string_view file) {
    struct stat there {};
    const auto path = path_ + std::string{file};
    const auto known = state_->places.find(file);
    // A link that leads to the file is not the file: its side files will be looked for elsewhere.
    if (::lstat(path.c_str(), &there) != 0) {
        // SQLite creates the side files when it needs them.
        return known == state_->places.end() && errno == ENOENT;
    }
    const std::pair here{there.st_dev, there.st_ino};
    return state_->places.try_emplace(file, here).first->second == here;
}

bool Connection::in_place() {
    return std::all_of(database_files.begin(), database_files.end(),
                       [this](std::string_view file) { return in_place(file); });
}

SQLite::Database& Connection::handle() {
    return state_->handle;
}

SQLite::Statement& Connection::prepared(const char* sql) {
    auto found = state_->statements.find(sql);
    if (found == state_->statements.end()) {
        found = state_->statements.try_emplace(sql, state_->handle, sql).first;
    }
    auto& statement = found->second;
    statement.tryReset();
    statement.clearBindings();
    return statement;
}

void Connection::reset_statements() noexcept {
    auto* handle = state_->handle.getHandle();
    for (auto* statement = ::sqlite3_next_stmt(handle, nullptr); statement;
         statement = ::sqlite3_next_stmt(handle, statement)) {
        if (::sqlite3_stmt_busy(statement) != 0) {
            ::sqlite3_reset(statement);
        }
    }
    if (::sqlite3_get_autocommit(handle) == 0) {
        state_->handle.tryExec("ROLLBACK");
    }
}

Error storage_error() {
    try {
        throw;
    } catch (const SQLite::Exception& error) {
        return {Fault::storage, error.what()};
    } catch (const std::exception& error) {
        return {Fault::storage, error.what()};
    }
}

Result<void> Database::open(const std::string& path, Sync sync) {
    path_ = path;
    auto opened = Connection::open(path, sync);
    if (!opened) {
        return fail(opened.error());
    }
    connection_ = std::move(*opened);
    return {};
}

void Database::close() {
    connection_.reset();
}

} // namespace common

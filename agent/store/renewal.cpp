#include "agent/store/renewal.hpp"

#include "agent/store/damage.hpp"
#include "agent/store/disk_reserve.hpp"
#include "agent/store/rescue.hpp"
#include "agent/store/schema.hpp"
#include "agent/store/wal.hpp"
#include "common/base/file.hpp"
#include "common/base/log.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <unistd.h>

namespace agent {

namespace {

using common::Connection;
using common::Database;
using common::Fault;
using common::Result;
namespace fs = std::filesystem;

/// After what reads the whole file, perhaps in vain.
constexpr common::Millis long_pause{10'000};

bool can_read(Connection& connection) {
    try {
        auto& query = connection.prepared("SELECT count(*) FROM sqlite_schema");
        query.executeStep();
        query.reset();
        return true;
    } catch (const SQLite::Exception&) {
        return false;
    }
}

/// Commits a change that changes nothing. A full disk is none of the troubles that this is about.
Result<void> try_write(Connection& connection) {
    try {
        auto& handle = connection.handle();
        handle.exec("PRAGMA wal_autocheckpoint = 0"); // the WAL is not judged yet
        const auto version = std::to_string(handle.execAndGet("PRAGMA user_version").getInt());
        handle.exec("PRAGMA user_version = " + version);
    } catch (const SQLite::Exception& error) {
        if (!says_full(error)) {
            return common::fail(common::storage_error());
        }
    }
    return {};
}

/// Whether the folder takes a file: asked before SQLite may touch files that are not judged yet.
Result<void> try_folder(const std::string& path) {
    const auto file = path + "-probe";
    const int opened = ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int why = opened < 0 ? errno : 0;
    if (opened >= 0) {
        if (::write(opened, "?", 1) != 1 || ::fsync(opened) != 0) {
            why = errno;
        }
        ::close(opened);
        ::unlink(file.c_str());
    }
    return why == 0 ? Result<void>{}
                    : common::fail(Fault::storage, "cannot write beside the database " + path +
                                                       ": " + std::strerror(why));
}

/// Whether the queue can be read by it, also when the database is one of an earlier version.
bool can_serve(const Result<std::unique_ptr<Connection>>& reader) {
    if (!reader || !can_read(**reader)) {
        return false;
    }
    try {
        stand_in_for_migrations(**reader);
        return true;
    } catch (const SQLite::Exception&) {
        return false;
    }
}

/// Where the connection that there is cannot read, another may. Returns whether there is a new one.
/// A damaged database is not opened before it is salvaged: SQLite passes over parts of a damaged
/// WAL, and what was delivered long ago would be sent again.
bool keep_reading(Database& database, const std::string& path) {
    auto* const now = database.connection();
    if (now ? can_read(*now) : find_damage(path, {}).has_value()) {
        return false;
    }
    auto reader = Connection::open_read_only(path);
    if (!can_serve(reader)) {
        reader = Connection::open_unlocked(path);
        if (!can_serve(reader)) {
            return false; // what was read once may still come from memory
        }
    }
    if (now) {
        now->keep_wal();
    }
    database.exchange(std::move(*reader));
    common::log::warn("the database is open for reading only", {{"file", path}});
    return true;
}

Renewal cannot(const common::Error& why, bool exchanged = false) {
    Renewal failed;
    failed.writable = common::fail(why);
    failed.exchanged = exchanged;
    return failed;
}

/// Everything from the beginning, as at the start.
Renewal open_anew(Database& database, const RenewalRequest& request, const Progress& progress) {
    if (auto writable = try_folder(request.path); !writable) {
        const bool reads = database.is_open();
        auto failed = cannot(writable.error(), keep_reading(database, request.path));
        failed.next_in = reads || failed.exchanged ? failed.next_in : long_pause;
        return failed;
    }
    if (auto* reader = database.connection()) {
        reader->keep_wal();
        database.close(); // before the others: its end would take their locks
    }
    auto opened = open_database(database, request.path, request.sync, progress);
    if (opened) {
        auto written =
            database.run_now([](Connection& connection) { return try_write(connection); });
        if (written && *written) {
            Renewal renewed;
            renewed.exchanged = true;
            if (opened->salvaged) {
                renewed.quarantined = std::move(opened->quarantined);
            }
            return renewed;
        }
        return cannot(written ? written->error() : written.error(), true);
    }
    auto failed = cannot(opened.error());
    failed.exchanged = opened.error().fault != Fault::full && keep_reading(database, request.path);
    failed.next_in = long_pause;
    return failed;
}

Renewal salvage(Database& database, const RenewalRequest& request, const std::string& why,
                const Progress& progress) {
    if (auto* old = database.connection()) {
        old->keep_wal();
    }
    if (auto salvaged = salvage_file(request.path, why, progress); !salvaged) {
        auto failed = cannot(salvaged.error());
        failed.next_in = long_pause;
        return failed;
    }
    database.close();
    Renewal renewed;
    renewed.writable = database.open(request.path, request.sync);
    renewed.exchanged = renewed.writable || keep_reading(database, request.path);
    renewed.quarantined = quarantined_files(request.path);
    return renewed;
}

Renewal put_back_and_open(Database& database, const RenewalRequest& request,
                          const Progress& progress) {
    const auto back = database.run_now([](Connection& connection) { return put_back(connection); });
    if (!back || !*back) {
        return cannot(back ? back->error() : back.error());
    }
    database.close();
    return open_anew(database, request, progress);
}

/// Opens another connection beside the one that can perhaps still read. The old one keeps the WAL's
/// index alive, so that SQLite does not read the log anew and pass over what follows a fault.
Renewal open_beside(Database& database, const RenewalRequest& request, const Progress& progress) {
    const auto& path = request.path;
    auto fresh = Connection::open(path, request.sync);
    if (!fresh && give_up_reserve(path)) {
        fresh = Connection::open(path, request.sync);
    }
    if (!fresh) {
        return cannot(fresh.error(), keep_reading(database, path));
    }
    (*fresh)->keep_wal(); // until it is judged
    if (auto written = try_write(**fresh); !written) {
        fresh->reset();
        return cannot(written.error(), keep_reading(database, path));
    }
    if (request.may_salvage) {
        if (const auto why = find_damage(path, progress)) {
            fresh->reset();
            return salvage(database, request, *why, progress);
        }
    }
    try {
        empty_wal(**fresh); // of what commits that failed have left in it
    } catch (const SQLite::Exception& error) {
        if (!says_full(error)) {
            return cannot(common::storage_error());
        }
    }
    (*fresh)->keep_wal(false);
    database.exchange(std::move(*fresh));
    Renewal renewed;
    renewed.exchanged = true;
    return renewed;
}

/// What a person must change before it can work; waiting does not help.
bool is_misplaced(const std::string& path) {
    std::error_code error;
    const fs::path file{path};
    const auto folder = file.has_parent_path() ? file.parent_path() : fs::path{"."};
    if (fs::is_directory(file, error) || !fs::is_directory(folder, error)) {
        return true;
    }
    const bool refused = ::access(path.c_str(), R_OK | W_OK) != 0 && errno == EACCES;
    return refused || (::access(folder.c_str(), W_OK | X_OK) != 0 && errno == EACCES);
}

} // namespace

Renewal renew_database(Database& database, const RenewalRequest& request,
                       const Progress& progress) {
    auto* const now = database.connection();
    // Whatever else is wrong: only this connection still has what was in a file without a name, and
    // every other way would open, or create, the file that lies there now. (A reader has no use for
    // the side files.)
    if (now && !(now->is_reader() ? now->in_place(common::database_files[0]) : now->in_place())) {
        return put_back_and_open(database, request, progress);
    }
    if (request.trouble == DatabaseTrouble::unopened || !now || now->is_reader()) {
        return open_anew(database, request, progress);
    }
    if (request.trouble == DatabaseTrouble::damaged && request.may_salvage) {
        return salvage(database, request, "found while running", progress);
    }
    return open_beside(database, request, progress);
}

Result<StartReport> start_database(Database& database, const std::string& path, common::Sync sync,
                                   const Progress& progress) {
    StartReport report;
    auto opened = open_database(database, path, sync, progress);
    if (opened) {
        report.opened = std::move(*opened);
        return report;
    }
    if (opened.error().fault == Fault::config || is_misplaced(path)) {
        return common::fail(opened.error());
    }
    report.hindered = opened.error();
    report.opened.quarantined = quarantined_files(path);
    if (opened.error().fault != Fault::full) {
        keep_reading(database, path);
    }
    return report;
}

} // namespace agent

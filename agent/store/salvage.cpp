#include "agent/store/salvage.hpp"

#include "agent/store/disk_reserve.hpp"
#include "agent/store/salvage_rows.hpp"
#include "agent/store/schema.hpp"
#include "common/base/log.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <SQLiteCpp/Statement.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sqlite3.h>

namespace agent {

namespace {

using common::Connection;
using common::Fault;
using common::Result;
namespace fs = std::filesystem;

// Reading every page of a file of this size takes a few seconds on a board. Of a larger one only
// the first pages are checked; damage elsewhere shows while the agent runs.
constexpr std::uintmax_t max_checked_bytes = std::uintmax_t{64} << 20;

// What is appended to the database's name for each of its files.
constexpr const char* suffixes[] = {"", "-wal", "-shm"};

bool means_damage(const SQLite::Exception& error) {
    const int code = error.getErrorCode() & 0xff;
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

/// Whether the file ends in the middle of a page and no WAL explains it: pages are written whole,
/// except that a crash during a checkpoint can leave part of one, and then the WAL still exists.
bool is_truncated(const std::string& path, std::uintmax_t bytes) {
    std::array<char, 18> head{};
    std::ifstream{path, std::ios::binary}.read(head.data(), head.size());
    const auto page =
        static_cast<unsigned char>(head[16]) * 256U + static_cast<unsigned char>(head[17]);
    std::error_code absent;
    const auto wal_bytes = fs::file_size(path + "-wal", absent);
    return page >= 512 && bytes % page != 0 && (absent || wal_bytes == 0);
}

/// Whether there is a WAL that does not begin with one of the two magic numbers. SQLite silently
/// ignores such a WAL and with it every event that it holds. Zeros do not count: a power cut leaves
/// them in a WAL that was just created, and nothing in it was acknowledged.
bool wal_is_overwritten(const std::string& path) {
    std::array<char, 4> magic{};
    std::ifstream{path + "-wal", std::ios::binary}.read(magic.data(), magic.size());
    const std::string_view found{magic.data(), magic.size()};
    using namespace std::string_view_literals;
    return found != "\x37\x7f\x06\x82"sv && found != "\x37\x7f\x06\x83"sv && found != "\0\0\0\0"sv;
}

/// Why the file is not a good database; nothing if it seems fine or the cause lies elsewhere.
std::optional<std::string> find_damage(const std::string& path) {
    std::error_code absent;
    const auto bytes = fs::file_size(path, absent);
    if (absent || bytes == 0) {
        return std::nullopt;
    }
    // This check comes first because SQLite removes the WAL when it closes the file.
    if (wal_is_overwritten(path)) {
        return "its WAL was overwritten";
    }
    if (is_truncated(path, bytes)) {
        return "it ends in the middle of a page";
    }
    try {
        SQLite::Database handle{path, SQLite::OPEN_READWRITE, 5'000};
        SQLite::Statement schema{handle, "SELECT count(*) FROM sqlite_schema"};
        schema.executeStep();
        if (bytes <= max_checked_bytes) {
            SQLite::Statement check{handle, "PRAGMA quick_check(1)"};
            if (const auto found = check.executeStep() ? check.getColumn(0).getString() : "ok";
                found != "ok") {
                return found.substr(found.rfind('\n') + 1); // the first line is a heading
            }
        }
        if (auto why = schema_mismatch(handle)) {
            return why;
        }
        // Every table is readable or does not exist yet.
        for (const auto* table : {"meta", "webhook", "event", "delivery", "cooldown"}) {
            if (handle.tableExists(table)) {
                SQLite::Statement probe{handle, std::string{"SELECT * FROM "} + table + " LIMIT 1"};
                probe.executeStep();
            }
        }
    } catch (const SQLite::Exception& error) {
        if (means_damage(error)) {
            return error.what();
        }
    }
    return std::nullopt;
}

std::string utc_now() {
    const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &parts)};
}

/// Renames the database with its side files and returns its new name.
Result<std::string> set_aside(const std::string& path) {
    const auto base = path + ".corrupt-" + utc_now();
    auto name = base;
    for (int n = 1; fs::exists(name) || fs::exists(name + "-wal"); ++n) {
        name = base + "-" + std::to_string(n);
    }
    for (const auto* suffix : suffixes) {
        std::error_code error;
        if (fs::exists(path + suffix, error)) {
            fs::rename(path + suffix, name + suffix, error);
        }
        if (error) {
            return common::fail(Fault::storage, "cannot set the damaged database " + path + suffix +
                                                    " aside: " + error.message());
        }
    }
    return name;
}

Result<std::unique_ptr<Connection>> open_fresh(const std::string& path, common::Sync sync) {
    auto fresh = Connection::open(path, sync);
    if (!fresh) {
        return fresh;
    }
    if (auto migrated = migrate(**fresh); !migrated) {
        return common::fail(migrated.error());
    }
    return fresh;
}

Result<OpenReport> replace_damaged(const std::string& path, common::Sync sync,
                                   const std::string& why) {
    const auto aside = set_aside(path);
    if (!aside) {
        return common::fail(aside.error());
    }
    auto fresh = open_fresh(path, sync);
    if (!fresh) {
        // The old file goes back if no new one can be created (no space): the next start must not
        // take its absence for a first start.
        for (const auto* suffix : suffixes) {
            std::error_code ignored;
            fs::remove(path + suffix, ignored);
            fs::rename(*aside + suffix, path + suffix, ignored);
        }
        return common::fail(fresh.error());
    }
    const auto counts = salvage_rows(*aside, **fresh);
    common::log::error(
        "the database was damaged: it was set aside and everything readable was recovered",
        {{"damage", why},
         {"file", *aside},
         {"webhooks", counts.webhooks},
         {"events", counts.events},
         {"deliveries", counts.deliveries}});
    OpenReport report;
    report.salvaged = true;
    report.webhooks_carried = counts.webhooks;
    report.events_carried = counts.events;
    report.deliveries_carried = counts.deliveries;
    return report;
}

Result<void> open_and_migrate(common::Database& database, const std::string& path,
                              common::Sync sync) {
    auto opened = database.open(path, sync);
    if (!opened) {
        return opened;
    }
    auto migrated = database.run_now([](Connection& connection) { return migrate(connection); });
    if (migrated && *migrated) {
        return {};
    }
    database.close();
    return common::fail(migrated ? migrated->error() : migrated.error());
}

} // namespace

std::vector<std::string> quarantined_files(const std::string& path) {
    const fs::path file{path};
    const auto prefix = file.filename().string() + ".corrupt-";
    std::vector<std::string> found;
    std::error_code error;
    for (fs::directory_iterator
             entry{file.has_parent_path() ? file.parent_path() : fs::path{"."}, error},
         end;
         !error && entry != end; entry.increment(error)) {
        const auto name = entry->path().filename().string();
        const bool side_file =
            name.ends_with("-wal") || name.ends_with("-shm") || name.ends_with("-journal");
        if (name.starts_with(prefix) && !side_file) {
            found.push_back(entry->path().string());
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

Result<void> salvage_file(const std::string& path, common::Sync sync) {
    auto opened = replace_damaged(path, sync, "found while running");
    return opened ? Result<void>{} : common::fail(opened.error());
}

Result<OpenReport> open_database(common::Database& database, const std::string& path,
                                 common::Sync sync) {
    OpenReport report;
    if (const auto why = find_damage(path)) {
        auto replaced = replace_damaged(path, sync, *why);
        if (!replaced) {
            return replaced;
        }
        report = std::move(*replaced);
    }
    auto good = open_and_migrate(database, path, sync);
    if (!good && good.error().fault == Fault::storage && give_up_reserve(path)) {
        // On a full disk not even the WAL's index can be created.
        good = open_and_migrate(database, path, sync);
    }
    if (!good) {
        return common::fail(good.error());
    }
    report.quarantined = quarantined_files(path);
    return report;
}

} // namespace agent

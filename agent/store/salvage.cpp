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

// Reading every page of a file of this size takes a board a few seconds; larger ones are judged by
// their first pages, and by what the agent comes across while it runs.
constexpr std::uintmax_t checked_bytes = std::uintmax_t{64} << 20;

constexpr const char* side_files[] = {"", "-wal", "-shm"};

bool says_damaged(const SQLite::Exception& error) {
    const int code = error.getErrorCode() & 0xff;
    return code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
}

/// Pages are written whole. Only a crash while the WAL is moved into the file can end it within
/// one, and then the WAL is there.
bool ends_within_a_page(const std::string& path, std::uintmax_t bytes) {
    std::array<char, 18> head{};
    std::ifstream{path, std::ios::binary}.read(head.data(), head.size());
    const auto page =
        static_cast<unsigned char>(head[16]) * 256U + static_cast<unsigned char>(head[17]);
    std::error_code absent;
    const auto wal_bytes = fs::file_size(path + "-wal", absent);
    return page >= 512 && bytes % page != 0 && (absent || wal_bytes == 0);
}

/// A WAL begins with one of two numbers. SQLite passes over one that does not, with all that was
/// accepted and is in it. Zeros are what a power cut can leave of a file that had just been made:
/// nothing in it was acknowledged.
bool wal_is_none(const std::string& path) {
    std::array<char, 4> magic{};
    std::ifstream{path + "-wal", std::ios::binary}.read(magic.data(), magic.size());
    const std::string_view found{magic.data(), magic.size()};
    using namespace std::string_view_literals;
    return found != "\x37\x7f\x06\x82"sv && found != "\x37\x7f\x06\x83"sv && found != "\0\0\0\0"sv;
}

/// Why the file is no good as a database; nothing when it seems fine, or when it is not the file
/// that is at fault.
std::optional<std::string> damage(const std::string& path) {
    std::error_code absent;
    const auto bytes = fs::file_size(path, absent);
    if (absent || bytes == 0) {
        return std::nullopt;
    }
    // First of all: SQLite removes it when it closes the file.
    if (wal_is_none(path)) {
        return "its WAL is overwritten";
    }
    if (ends_within_a_page(path, bytes)) {
        return "it ends within a page";
    }
    try {
        SQLite::Database handle{path, SQLite::OPEN_READWRITE, 5'000};
        SQLite::Statement schema{handle, "SELECT count(*) FROM sqlite_schema"};
        schema.executeStep();
        if (bytes <= checked_bytes) {
            SQLite::Statement check{handle, "PRAGMA quick_check(1)"};
            if (const auto found = check.executeStep() ? check.getColumn(0).getString() : "ok";
                found != "ok") {
                return found.substr(found.rfind('\n') + 1); // the first line is a heading
            }
        }
        if (auto why = misfit(handle)) {
            return why;
        }
        // Each table answers, or is not there yet.
        for (const auto* table : {"meta", "webhook", "event", "delivery", "cooldown"}) {
            if (handle.tableExists(table)) {
                SQLite::Statement look{handle, std::string{"SELECT * FROM "} + table + " LIMIT 1"};
                look.executeStep();
            }
        }
    } catch (const SQLite::Exception& error) {
        if (says_damaged(error)) {
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

/// Renames the database with its side files. Gives its new name.
Result<std::string> set_aside(const std::string& path) {
    const auto base = path + ".corrupt-" + utc_now();
    auto name = base;
    for (int n = 1; fs::exists(name) || fs::exists(name + "-wal"); ++n) {
        name = base + "-" + std::to_string(n);
    }
    for (const auto* side : side_files) {
        std::error_code error;
        if (fs::exists(path + side, error)) {
            fs::rename(path + side, name + side, error);
        }
        if (error) {
            return common::fail(Fault::storage, "cannot set the damaged database " + path + side +
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

Result<OpenReport> replace(const std::string& path, common::Sync sync, const std::string& why) {
    const auto aside = set_aside(path);
    if (!aside) {
        return common::fail(aside.error());
    }
    auto fresh = open_fresh(path, sync);
    if (!fresh) {
        // Without a new one (no space) the old one goes back: the next start must not take its
        // absence for a new beginning.
        for (const auto* side : side_files) {
            std::error_code ignored;
            fs::remove(path + side, ignored);
            fs::rename(*aside + side, path + side, ignored);
        }
        return common::fail(fresh.error());
    }
    const auto carried = carry_over(*aside, **fresh);
    common::log::error(
        "the database was damaged and is set aside; what could be read was carried over",
        {{"damage", why},
         {"file", *aside},
         {"webhooks", carried.webhooks},
         {"events", carried.events},
         {"deliveries", carried.deliveries}});
    OpenReport opened;
    opened.salvaged = true;
    opened.webhooks_carried = carried.webhooks;
    opened.events_carried = carried.events;
    opened.deliveries_carried = carried.deliveries;
    return opened;
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
    auto opened = replace(path, sync, "found while running");
    return opened ? Result<void>{} : common::fail(opened.error());
}

Result<OpenReport> open_database(common::Database& database, const std::string& path,
                                 common::Sync sync) {
    OpenReport opened;
    if (const auto why = damage(path)) {
        auto replaced = replace(path, sync, *why);
        if (!replaced) {
            return replaced;
        }
        opened = std::move(*replaced);
    }
    auto good = open_and_migrate(database, path, sync);
    if (!good && good.error().fault == Fault::storage && give_up_reserve(path)) {
        // On a full disk not even the WAL's index can be made.
        good = open_and_migrate(database, path, sync);
    }
    if (!good) {
        return common::fail(good.error());
    }
    opened.quarantined = quarantined_files(path);
    return opened;
}

} // namespace agent

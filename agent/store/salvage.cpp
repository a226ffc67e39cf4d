#include "agent/store/salvage.hpp"

#include "agent/store/damage.hpp"
#include "agent/store/disk_reserve.hpp"
#include "agent/store/row_bounds.hpp"
#include "agent/store/salvage_files.hpp"
#include "agent/store/salvage_rows.hpp"
#include "agent/store/schema.hpp"
#include "common/base/file.hpp"
#include "common/base/log.hpp"
#include "common/sqlite/wal_file.hpp"

#include <SQLiteCpp/Column.h>
#include <SQLiteCpp/Database.h>
#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <memory>
#include <optional>
#include <unistd.h>

namespace agent {

namespace {

using common::Connection;
using common::Fault;
using common::Result;
namespace fs = std::filesystem;

Result<std::unique_ptr<Connection>> open_fresh(const std::string& path) {
    // Synced as a whole when it is finished.
    auto fresh = Connection::open(path, common::Sync::normal);
    if (!fresh) {
        return fresh;
    }
    if (auto migrated = migrate(**fresh); !migrated) {
        return common::fail(migrated.error());
    }
    return fresh;
}

/// Moves all of the WAL into the file, so that the file alone is the database.
Result<void> close_whole(std::unique_ptr<Connection> fresh) {
    try {
        fresh->reset_statements();
        if (fresh->handle().execAndGet("PRAGMA wal_checkpoint(TRUNCATE)").getInt() != 0) {
            return common::fail(Fault::full, "its WAL stays in use");
        }
    } catch (...) {
        return common::fail(common::storage_error());
    }
    const auto path = fresh->path();
    fresh.reset();
    return common::sync_file(path);
}

/// Writes the new database to names.fresh(). The damaged files stay where and as they are.
Result<SalvageCounts> build(const SalvageNames& names, const Progress& progress) {
    remove_unfinished(names);
    tell(progress, "begun");
    auto source = names.path;
    const auto wal = common::inspect_wal(names.path + "-wal");
    if (!wal) {
        return common::fail(wal.error()); // the newest events may be in it only
    }
    std::error_code error;
    if (wal->has_transactions() || !fs::exists(names.path, error)) {
        source = names.image();
        auto written =
            common::write_image(names.path, source, [&] { tell(progress, "writing the image"); });
        if (!written) {
            return common::fail(written.error());
        }
        tell(progress, "image written");
    }
    auto fresh = open_fresh(names.fresh());
    if (!fresh) {
        return common::fail(Fault::full, fresh.error().message);
    }
    tell(progress, "new database created");
    auto counts = salvage_rows(source, names.image(), **fresh, progress);
    if (!counts) {
        return counts;
    }
    tell(progress, "rows carried over");
    if (auto closed = close_whole(std::move(*fresh)); !closed) {
        return common::fail(closed.error());
    }
    tell(progress, "new database synced");
    return counts;
}

void log_salvage(const std::string& why, const std::string& aside, const SalvageCounts& counts) {
    common::log::error(
        "the database was damaged: it was set aside and everything readable was recovered",
        {{"damage", why},
         {"file", aside},
         {"webhooks", counts.webhooks},
         {"events", counts.events},
         {"deliveries", counts.deliveries}});
}

Result<SalvageCounts> replace_damaged(const SalvageNames& names, const std::string& why,
                                      const Progress& progress) {
    auto counts = build(names, progress);
    if (!counts && give_up_reserve(names.path)) {
        counts = build(names, progress);
    }
    if (!counts) {
        remove_unfinished(names);
        return common::fail(Fault::full, "the database " + names.path + " is damaged (" + why +
                                             "), and a new one cannot be written beside it: " +
                                             counts.error().message +
                                             "; it was left as it is: make room on the disk");
    }
    // From this rename on the new database counts.
    const auto time = free_time(names);
    auto committed = common::rename_file(names.fresh(), names.done() + time);
    if (committed) {
        tell(progress, "committed");
        committed = common::sync_folder_of(names.path);
    }
    if (committed) {
        remove_unfinished(names);
        tell(progress, "committed, folder synced");
        committed = swap_files(names, time, progress);
    }
    if (!committed) {
        return common::fail(committed.error());
    }
    log_salvage(why, names.corrupt() + time, *counts);
    return counts;
}

Result<SalvageCounts> count_rows(common::Database& database) {
    const auto count = [](Connection& connection) {
        const auto rows = [&](const char* table) {
            return static_cast<std::size_t>(
                connection.handle()
                    .execAndGet(std::string{"SELECT count(*) FROM "} + table)
                    .getInt64());
        };
        return SalvageCounts{rows("webhook"), rows("event"), rows("delivery")};
    };
    return database.run_now(count);
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
    const auto all = files_named(path + ".corrupt-");
    std::vector<std::string> found;
    for (const auto& name : all) {
        const bool side_file =
            name.ends_with("-wal") || name.ends_with("-shm") || name.ends_with("-journal");
        const auto base = name.substr(0, name.rfind('-'));
        // A WAL without its database is a copy of its own.
        if (!side_file || (name.ends_with("-wal") && !std::ranges::binary_search(all, base))) {
            found.push_back(name);
        }
    }
    return found;
}

Result<void> salvage_file(const std::string& path, const std::string& why,
                          const Progress& progress) {
    const SalvageNames names{path};
    if (auto finished = finish_earlier(names, progress); !finished) {
        return common::fail(finished.error());
    }
    auto replaced = replace_damaged(names, why, progress);
    return replaced ? Result<void>{} : common::fail(replaced.error());
}

Result<OpenReport> open_database(common::Database& database, const std::string& path,
                                 common::Sync sync, const Progress& progress) {
    const SalvageNames names{path};
    const auto earlier = finish_earlier(names, progress);
    if (!earlier) {
        return common::fail(earlier.error());
    }
    std::optional<SalvageCounts> counts;
    if (const auto why = find_damage(path, progress)) {
        const auto replaced = replace_damaged(names, *why, progress);
        if (!replaced) {
            return common::fail(replaced.error());
        }
        counts = *replaced;
    }
    auto good = open_and_migrate(database, path, sync);
    if (!good && good.error().fault == Fault::storage && give_up_reserve(path)) {
        // On a full disk not even the WAL's index can be created.
        good = open_and_migrate(database, path, sync);
    }
    if (!good) {
        return common::fail(good.error());
    }
    if (!counts && *earlier) {
        counts = count_rows(database).value_or(SalvageCounts{});
        log_salvage("found by an earlier run, which was cut off", **earlier, *counts);
    }
    // Of what cannot be corrected now the next start will tell.
    (void)database.run_now([](Connection& connection) { correct_rows(connection); });
    OpenReport report;
    report.quarantined = quarantined_files(path);
    if (counts) {
        report.salvaged = true;
        report.webhooks_carried = counts->webhooks;
        report.events_carried = counts->events;
        report.deliveries_carried = counts->deliveries;
    }
    return report;
}

} // namespace agent

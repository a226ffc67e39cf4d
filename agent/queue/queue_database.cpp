#include "agent/queue/queue_database.hpp"

#include "common/base/log.hpp"

#include <SQLiteCpp/Exception.h>
#include <algorithm>
#include <filesystem>
#include <sqlite3.h>
#include <utility>

namespace agent {

namespace {

constexpr common::Millis retry_pause{1'000};
// A file that is damaged again and again means a broken disk, and each copy set aside takes up more
// of it.
constexpr int max_salvages = 3;
// Errors of reading after which a part of the file counts as lost, if writing works in between.
constexpr int max_unreadable = 3;

} // namespace

DatabaseError database_error() {
    DatabaseError found{common::storage_error()};
    try {
        throw;
    } catch (const FilesMoved&) {
        found.trouble = DatabaseTrouble::moved;
    } catch (const SQLite::Exception& error) {
        found.full = says_full(error);
        switch (error.getErrorCode() & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            found.trouble = DatabaseTrouble::damaged;
            break;
        case SQLITE_IOERR:
            found.unreadable = error.getExtendedErrorCode() == SQLITE_IOERR_READ ||
                               error.getExtendedErrorCode() == SQLITE_IOERR_SHORT_READ;
            [[fallthrough]];
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL:
            found.trouble = DatabaseTrouble::io_error;
            break;
        default:
            break;
        }
    } catch (...) {
        // Not an error of SQLite: the connection is fine.
    }
    return found;
}

QueueDatabase::QueueDatabase(common::Clock& clock, common::Database& database, const Config& config)
    : clock_{clock}, database_{database}, config_{config} {}

std::optional<LoadedQueue> QueueDatabase::load(const StartReport& start) {
    quarantined_ = start.opened.quarantined;
    auto work = [oldest = oldest_, queue = config_.queue](common::Connection& connection) {
        keep_reserve(connection.path(), queue.min_free);
        return load_queue(connection, *oldest, queue.max_size);
    };
    auto loaded = database_.run_now(std::move(work));
    if (start.hindered || !loaded) {
        trouble_ = DatabaseTrouble::unopened;
        note_write_failure(start.hindered ? *start.hindered : loaded.error());
    }
    return loaded ? std::optional{std::move(*loaded)} : std::nullopt;
}

void QueueDatabase::note(const DatabaseError& error) {
    unreadable_ += error.unreadable ? 1 : 0;
    if (error.trouble == DatabaseTrouble::none || trouble_ == DatabaseTrouble::damaged ||
        trouble_ == DatabaseTrouble::unopened) {
        return;
    }
    const bool first = !broken();
    trouble_ = error.trouble;
    if (first) {
        note_write_failure(error.error);
        if (on_broken_) {
            on_broken_();
        }
    }
}

common::Task<QueueDatabase::Recovery> QueueDatabase::recover() {
    RenewalRequest request{trouble_, config_.queue.path, config_.queue.sync,
                           salvaged_ < max_salvages};
    if (trouble_ == DatabaseTrouble::io_error && unreadable_ >= max_unreadable) {
        request.trouble = DatabaseTrouble::damaged;
    }
    auto work = [request, progress = repair_progress_](common::Database& database) {
        return renew_database(database, request, [&](std::string_view) { ++*progress; });
    };
    const auto renewal = co_await database_.maintain(std::move(work));
    Recovery recovery{renewal.writable, std::nullopt};
    if (renewal.quarantined) {
        quarantined_ = *renewal.quarantined;
        ++salvaged_;
        unreadable_ = 0;
    }
    if (renewal.writable) {
        trouble_ = DatabaseTrouble::none;
    } else {
        next_pause_ = renewal.next_in;
        if (last_error_ != renewal.writable.error().message && renewal.next_in > retry_pause) {
            common::log::error("the database still cannot be written",
                               {{"error", renewal.writable.error().message}});
        }
    }
    if (renewal.exchanged) {
        auto load = [queue = config_.queue](common::Connection& connection, OldestPending& oldest) {
            keep_reserve(connection.path(), queue.min_free);
            return load_queue(connection, oldest, queue.max_size);
        };
        auto loaded = co_await run(std::move(load));
        if (loaded) {
            recovery.loaded = std::move(*loaded);
        } else if (recovery.writable) {
            recovery.writable = common::fail(loaded.error());
        }
    }
    co_return recovery;
}

void QueueDatabase::note_write_failure(const common::Error& error) {
    if (!degraded_) {
        common::log::error("cannot write to the database: refusing new events until it recovers; "
                           "deliveries continue",
                           {{"error", error.message}});
    }
    degraded_ = true;
    last_error_ = error.message;
    retry_at_ = clock_.now() + std::exchange(next_pause_, std::nullopt).value_or(retry_pause);
}

void QueueDatabase::note_write_success() {
    if (degraded_) {
        common::log::info("the database can be written again");
    }
    degraded_ = false;
    last_error_.clear();
}

std::uint64_t QueueDatabase::disk_free() const {
    // Not the database's own path, which its thread sets when it opens the file anew.
    const std::filesystem::path path{config_.queue.path};
    std::error_code error;
    const auto space =
        std::filesystem::space(path.has_parent_path() ? path.parent_path() : ".", error);
    // If it cannot be measured, it is no limit; a write will show.
    return error ? UINT64_MAX : space.available;
}

} // namespace agent

#include "agent/queue/queue_database.hpp"

#include "agent/store/salvage.hpp"
#include "common/base/log.hpp"

#include <SQLiteCpp/Exception.h>
#include <algorithm>
#include <filesystem>
#include <sqlite3.h>

namespace agent {

namespace {

constexpr common::Millis retry_pause{1'000};
// A file that is damaged again and again means a broken disk, and each copy set aside takes up more
// of it.
constexpr int max_salvages = 3;

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

common::Result<LoadedQueue> QueueDatabase::load() {
    auto work = [oldest = oldest_, queue = config_.queue](common::Connection& connection) {
        keep_reserve(connection.path(), queue.min_free);
        return load_queue(connection, *oldest, queue.max_size);
    };
    return database_.run_now(std::move(work));
}

void QueueDatabase::note(const DatabaseError& error) {
    if (error.trouble == DatabaseTrouble::none || trouble_ == DatabaseTrouble::damaged) {
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

common::Task<common::Result<LoadedQueue>> QueueDatabase::recover() {
    std::function<common::Result<void>(const std::string&)> salvage;
    if (trouble_ == DatabaseTrouble::damaged && salvaged_ < max_salvages) {
        ++salvaged_;
        salvage = [progress = repair_progress_](const std::string& path) {
            return salvage_file(path, [&](std::string_view) { ++*progress; });
        };
    }
    if (trouble_ == DatabaseTrouble::moved) {
        const auto back = co_await database_.run(&put_back);
        if (!back || !*back) {
            co_return common::fail(back ? back->error() : back.error());
        }
    }
    const auto opened = co_await database_.reopen(std::move(salvage));
    if (!opened) {
        co_return common::fail(opened.error());
    }
    trouble_ = DatabaseTrouble::none;
    auto load = [max_size = config_.queue.max_size](common::Connection& connection,
                                                    OldestPending& oldest) {
        return load_queue(connection, oldest, max_size);
    };
    co_return co_await run(std::move(load));
}

void QueueDatabase::note_write_failure(const common::Error& error) {
    if (!degraded_) {
        common::log::error("cannot write to the database: refusing new events until it recovers; "
                           "deliveries continue",
                           {{"error", error.message}});
    }
    degraded_ = true;
    last_error_ = error.message;
    retry_at_ = clock_.now() + retry_pause;
}

void QueueDatabase::note_write_success() {
    if (degraded_) {
        common::log::info("the database can be written again");
    }
    degraded_ = false;
    last_error_.clear();
}

std::uint64_t QueueDatabase::disk_free() const {
    const std::filesystem::path path{database_.path()};
    std::error_code error;
    const auto space =
        std::filesystem::space(path.has_parent_path() ? path.parent_path() : ".", error);
    // If it cannot be measured, it is no limit; a write will show.
    return error ? UINT64_MAX : space.available;
}

} // namespace agent

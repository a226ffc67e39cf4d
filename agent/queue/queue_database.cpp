#include "agent/queue/queue_database.hpp"

#include "agent/store/salvage.hpp"
#include "common/base/log.hpp"

#include <SQLiteCpp/Exception.h>
#include <algorithm>
#include <filesystem>
#include <sqlite3.h>

namespace agent {

namespace {

constexpr common::Millis pause{1'000};
// A file that is damaged again and again means a broken disk, and each copy set aside fills it
// further.
constexpr int most_salvages = 3;

} // namespace

DatabaseError database_error() {
    DatabaseError found{common::storage_error()};
    try {
        throw;
    } catch (const SQLite::Exception& error) {
        found.full = says_full(error);
        switch (error.getErrorCode() & 0xff) {
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
            found.trouble = Trouble::damaged;
            break;
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_PROTOCOL:
            found.trouble = Trouble::io;
            break;
        default:
            break;
        }
    } catch (...) {
        // Not the store's: nothing to mend.
    }
    return found;
}

QueueDatabase::QueueDatabase(common::Clock& clock, common::Database& database, const Config& config)
    : clock_{clock}, database_{database}, config_{config} {}

common::Result<LoadedQueue> QueueDatabase::load() {
    auto work = [tables = tables_, queue = config_.queue](common::Connection& connection) {
        keep_reserve(connection.path(), queue.min_free);
        return tables->load(connection, queue.max_size);
    };
    return database_.run_now(std::move(work));
}

void QueueDatabase::note(const DatabaseError& error) {
    if (error.trouble == Trouble::refused || trouble_ == Trouble::damaged) {
        return;
    }
    const bool news = !broken();
    trouble_ = error.trouble;
    if (news) {
        note_write_failure(error.error);
        if (on_broken_) {
            on_broken_();
        }
    }
}

common::Task<common::Result<LoadedQueue>> QueueDatabase::mend() {
    common::Database::Repair between;
    if (trouble_ == Trouble::damaged && salvaged_ < most_salvages) {
        ++salvaged_;
        between = [sync = config_.queue.sync](const std::string& path) {
            return salvage_file(path, sync);
        };
    }
    auto opening = database_.reopen(std::move(between));
    auto opened = co_await std::move(opening);
    if (!opened) {
        co_return common::fail(opened.error());
    }
    trouble_ = Trouble::refused;
    auto work = [max_size = config_.queue.max_size](common::Connection& connection,
                                                    QueueTables& tables) {
        return tables.load(connection, max_size);
    };
    auto job = run(std::move(work));
    co_return co_await std::move(job);
}

void QueueDatabase::note_write_failure(const common::Error& error) {
    if (!degraded_) {
        common::log::error("the store does not work: no new events until it does, deliveries go on",
                           {{"error", error.message}});
    }
    degraded_ = true;
    last_error_ = error.message;
    retry_at_ = clock_.now() + pause;
}

void QueueDatabase::note_write_success() {
    if (degraded_) {
        common::log::info("the store works again");
    }
    degraded_ = false;
    last_error_.clear();
}

std::uint64_t QueueDatabase::disk_free() const {
    const std::filesystem::path path{database_.path()};
    std::error_code error;
    const auto space =
        std::filesystem::space(path.has_parent_path() ? path.parent_path() : ".", error);
    // What cannot be measured cannot be a bound; a write will tell.
    return error ? UINT64_MAX : space.available;
}

} // namespace agent

// QueueDatabase: the database as the queue uses it. Runs jobs on the database's thread, knows
// whether writing works, and recovers (agent/store/renewal.hpp). Loop thread.
#pragma once

#include "agent/config/config.hpp"
#include "agent/store/commit.hpp"
#include "agent/store/disk_reserve.hpp"
#include "agent/store/renewal.hpp"
#include "agent/store/rescue.hpp"
#include "common/async/clock.hpp"
#include "common/sqlite/database.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

namespace agent {

struct DatabaseError {
    common::Error error;
    DatabaseTrouble trouble = DatabaseTrouble::none;
    bool full = false;       ///< no space on the disk
    bool unreadable = false; ///< a part of the file could not be read
};
/// The current exception. For catch blocks.
DatabaseError database_error();

class QueueDatabase {
  public:
    QueueDatabase(common::Clock& clock, common::Database& database, const Config& config);

    /// Blocking, at start. Nothing if the database cannot be read yet; then it is broken().
    std::optional<LoadedQueue> load(const StartReport& start);

    /// Called before each commit and each recovery: whether this process still has the queue for
    /// itself.
    void on_commit(std::function<common::Result<void>()> have_queue) {
        have_queue_ = std::move(have_queue);
    }
    [[nodiscard]] common::Result<void> have_queue() const { return have_queue_(); }

    /// Runs work(Connection&, OldestPending&) on the database's thread and returns its result.
    enum class OnFullDisk {
        refuse,
        make_way, ///< for jobs that delete: give up the reserve and try once more. They write, so
                  ///< the database must not be broken, and its files must be in place
    };
    template <class Work>
    auto run(Work work, OnFullDisk on_full = OnFullDisk::refuse) -> common::Task<
        common::Result<std::invoke_result_t<Work&, common::Connection&, OldestPending&>>>;

    struct Recovery {
        common::Result<void> writable;     ///< broken() until it is
        std::optional<LoadedQueue> loaded; ///< again, because rows come from another connection
    };
    /// After an I/O error or damage, or when it was not open at the start: tries to write again.
    common::Task<Recovery> recover();
    /// The damaged files that lie beside the database, as quarantined_files() returns them.
    [[nodiscard]] const std::vector<std::string>& quarantined() const { return quarantined_; }
    /// Grows as long as a salvage makes progress, while the database's thread answers nothing else.
    [[nodiscard]] std::uint64_t repair_progress() const { return *repair_progress_; }
    [[nodiscard]] bool broken() const { return trouble_ != DatabaseTrouble::none; }
    /// Called when a job finds the database broken.
    void on_broken(std::function<void()> listener) { on_broken_ = std::move(listener); }

    // Degraded: the last write failed, and none is tried before retry_at().
    void note_write_failure(const common::Error& error);
    void note_write_success();
    [[nodiscard]] bool degraded() const { return degraded_; }
    [[nodiscard]] common::Instant retry_at() const { return retry_at_; }
    [[nodiscard]] const std::string& last_error() const { return last_error_; }

    /// Bytes of the file system that ordinary users may still use, measured now: a fast producer
    /// fills a small disk within a second.
    [[nodiscard]] std::uint64_t disk_free() const;

  private:
    void note(const DatabaseError& error);

    common::Clock& clock_;
    common::Database& database_;
    const Config& config_;
    std::shared_ptr<OldestPending> oldest_ = std::make_shared<OldestPending>();
    std::function<void()> on_broken_;
    std::function<common::Result<void>()> have_queue_ = [] { return common::Result<void>{}; };
    DatabaseTrouble trouble_ = DatabaseTrouble::none;
    std::shared_ptr<std::atomic<std::uint64_t>> repair_progress_ =
        std::make_shared<std::atomic<std::uint64_t>>(0); ///< written on the database's thread
    std::vector<std::string> quarantined_;
    int salvaged_ = 0;
    int unreadable_ = 0; ///< how often a part of the file could not be read
    bool degraded_ = false;
    std::optional<common::Millis> next_pause_; ///< other than usual
    common::Instant retry_at_{};
    std::string last_error_;
};

template <class Work>
auto QueueDatabase::run(Work work, OnFullDisk on_full) -> common::Task<
    common::Result<std::invoke_result_t<Work&, common::Connection&, OldestPending&>>> {
    using Value = std::invoke_result_t<Work&, common::Connection&, OldestPending&>;
    if (on_full == OnFullDisk::make_way && broken()) {
        co_return common::fail(common::Fault::storage,
                               "the database cannot be written: " + last_error_);
    }
    auto attempt =
        [work = std::move(work), oldest = oldest_,
         on_full](common::Connection& connection) mutable -> tl::expected<Value, DatabaseError> {
        for (bool again = on_full == OnFullDisk::make_way;; again = false) {
            try {
                if (on_full == OnFullDisk::make_way) {
                    require_in_place(connection);
                }
                return work(connection, *oldest);
            } catch (...) {
                auto error = database_error();
                if (error.full && again) {
                    give_up_reserve(connection.path());
                }
                if (error.full) {
                    reuse_wal(connection); // the next write need not grow it
                }
                if (!error.full || !again) {
                    return tl::unexpected<DatabaseError>{std::move(error)};
                }
            }
        }
    };
    auto result = co_await database_.run(std::move(attempt));
    if (!result) {
        note(DatabaseError{result.error(), DatabaseTrouble::io_error}); // it is not open
        co_return common::fail(common::Fault::storage, result.error().message + ": " + last_error_);
    }
    if (!*result) {
        note(result->error());
        co_return common::fail(result->error().error);
    }
    co_return std::move(**result);
}

} // namespace agent

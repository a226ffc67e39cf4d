// QueueDatabase: the database as the queue sees it: runs jobs, knows whether they work, and mends
// what can be mended: after an I/O error the connection is opened anew, a file that turns out
// damaged is set aside and salvaged. Loop thread; jobs run on the database's.
#pragma once

#include "agent/config/config.hpp"
#include "agent/store/commit.hpp"
#include "agent/store/disk_reserve.hpp"
#include "common/async/clock.hpp"
#include "common/sqlite/database.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

namespace agent {

/// What an error of the store asks for.
enum class Trouble {
    refused, ///< no space, busy: the connection is as good as before
    io,      ///< nobody knows what reached the disk: open anew
    damaged, ///< the file is no good
};
struct DatabaseError {
    common::Error error;
    Trouble trouble = Trouble::refused;
    bool full = false; ///< no space on the disk
};
/// The current exception. For catch blocks.
DatabaseError database_error();

class QueueDatabase {
  public:
    QueueDatabase(common::Clock& clock, common::Database& database, const Config& config);

    /// Blocking, at start.
    common::Result<LoadedQueue> load();

    /// Runs work(Connection&, QueueTables&) on the database's thread and gives its result.
    enum class OnFullDisk {
        refuse,
        make_way, ///< for what deletes: the reserve is given up and the work tried once more
    };
    template <class Work>
    auto run(Work work, OnFullDisk on_full = OnFullDisk::refuse) -> common::Task<
        common::Result<std::invoke_result_t<Work&, common::Connection&, QueueTables&>>>;

    /// After an I/O error or damage: opens anew and counts anew; what is there now is what is true.
    /// broken() until it succeeds.
    common::Task<common::Result<LoadedQueue>> mend();
    [[nodiscard]] bool broken() const { return trouble_ != Trouble::refused; }
    /// Called when a job finds the store broken.
    void on_broken(std::function<void()> listener) { on_broken_ = std::move(listener); }

    // Degraded: the last write was refused. Until retry_at() nothing is tried.
    void note_write_failure(const common::Error& error);
    void note_write_success();
    [[nodiscard]] bool degraded() const { return degraded_; }
    [[nodiscard]] common::Instant retry_at() const { return retry_at_; }
    [[nodiscard]] const std::string& last_error() const { return last_error_; }

    /// Free bytes of the file system that ordinary users may take, at this moment: a fast producer
    /// fills a small disk within a second.
    [[nodiscard]] std::uint64_t disk_free() const;

  private:
    void note(const DatabaseError& error);

    common::Clock& clock_;
    common::Database& database_;
    const Config& config_;
    std::shared_ptr<QueueTables> tables_ = std::make_shared<QueueTables>();
    std::function<void()> on_broken_;
    Trouble trouble_ = Trouble::refused;
    int salvaged_ = 0;
    bool degraded_ = false;
    common::Instant retry_at_{};
    std::string last_error_;
};

template <class Work>
auto QueueDatabase::run(Work work, OnFullDisk on_full) -> common::Task<
    common::Result<std::invoke_result_t<Work&, common::Connection&, QueueTables&>>> {
    using Value = std::invoke_result_t<Work&, common::Connection&, QueueTables&>;
    auto attempt =
        [work = std::move(work), tables = tables_,
         on_full](common::Connection& connection) mutable -> tl::expected<Value, DatabaseError> {
        for (bool again = on_full == OnFullDisk::make_way;; again = false) {
            try {
                return work(connection, *tables);
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
    auto job = database_.run(std::move(attempt));
    auto got = co_await std::move(job);
    if (!got) {
        const DatabaseError closed{got.error(), Trouble::io};
        note(closed);
        co_return common::fail(got.error());
    }
    if (!*got) {
        note(got->error());
        co_return common::fail(got->error().error);
    }
    co_return std::move(**got);
}

} // namespace agent

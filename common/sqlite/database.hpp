// Database: one SQLite connection and the one executor that may touch it. run() runs a function
// there and brings back its result. WAL, synchronous FULL or NORMAL, incremental auto-vacuum.
// Committed data survives what `sync` says.
//
// common/sqlite connects the loop with the database thread. It uses common/async, common/base and
// SQLite.
#pragma once

#include "common/async/task.hpp"
#include "common/base/durability.hpp"
#include "common/base/result.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace SQLite {
class Database;
class Statement;
} // namespace SQLite

namespace common {

/// What is appended to a database's path for each of its files.
inline constexpr std::array<std::string_view, 3> database_files{"", "-wal", "-shm"};

/// What a function on the database thread works with. Not for any other thread.
class Connection {
  public:
    /// Read-write; created if absent, but the folder must exist. Errors: Fault::storage.
    static Result<std::unique_ptr<Connection>> open(const std::string& path, Sync sync);
    /// For reading while the service may be running or stopped. Writes nothing, and avoids side
    /// files where possible.
    static Result<std::unique_ptr<Connection>> open_read_only(const std::string& path);
    /// For reading where not even the WAL's index can be created, as on a read-only disk: it is
    /// kept in memory. Takes no lock, so nobody may write meanwhile, and no other connection of
    /// this process may be open when this one is closed: its locks would be gone (POSIX).
    static Result<std::unique_ptr<Connection>> open_unlocked(const std::string& path);
    ~Connection();

    [[nodiscard]] SQLite::Database& handle();
    /// The prepared statement for `sql` (a literal: its address is the key), reset and unbound.
    [[nodiscard]] SQLite::Statement& prepared(const char* sql);
    [[nodiscard]] const std::string& path() const { return path_; }
    /// Whether the files that it has open are still those that lie at their paths, with their WAL
    /// and its index. Otherwise what is written goes into files that nobody will find. Three stat()
    /// calls.
    [[nodiscard]] bool in_place();
    /// The same of one of database_files.
    [[nodiscard]] bool in_place(std::string_view file);
    /// It was opened for reading.
    [[nodiscard]] bool is_reader();
    /// Whether closing it will leave the WAL as it is.
    void keep_wal(bool keep = true);
    /// Cleans up after a function: resets running statements and rolls back an open transaction.
    void reset_statements() noexcept;

  private:
    explicit Connection(std::string path);
    void open_file(const std::string& name, int flags);
    struct State;
    std::string path_;
    std::unique_ptr<State> state_;
};

/// The current exception as an Error (Fault::storage). For catch blocks; the exception must be one
/// of SQLite or std.
Error storage_error();

class Database {
  public:
    /// Results come back on `loop`. `thread` is a pool of one thread, or in tests the loop itself.
    Database(Executor loop, Executor thread) : loop_{std::move(loop)}, thread_{std::move(thread)} {}

    /// Blocks; only before the loop runs.
    Result<void> open(const std::string& path, Sync sync);
    /// Closes (with a checkpoint) on the calling thread. Nothing may be running.
    void close();
    [[nodiscard]] bool is_open() const { return connection_ != nullptr; }
    [[nodiscard]] const std::string& path() const { return path_; }

    /// Runs `work(Connection&)` on the database thread and returns its result; an exception of
    /// SQLite becomes an Error. Work runs in the order in which it is awaited. A plain function, no
    /// coroutine; the closure that it is called with needs a name (common/async/task.hpp):
    ///   auto work = [=](Connection& connection) {...};
    ///   const auto result = co_await database.run(std::move(work));
    template <class Work>
    auto run(Work work) -> Task<Result<std::invoke_result_t<Work&, Connection&>>>;
    /// The same on the calling thread. Blocks; only while the loop does not run.
    template <class Work>
    auto run_now(Work work) -> Result<std::invoke_result_t<Work&, Connection&>> {
        return guarded<std::invoke_result_t<Work&, Connection&>>(work);
    }

    /// Runs `work(Database&)` on the database thread and returns its result: it may open, close and
    /// exchange the connection.
    template <class Work> auto maintain(Work work) -> Task<std::invoke_result_t<Work&, Database&>>;
    /// Null while it is closed. For maintain(), and before the loop runs.
    [[nodiscard]] Connection* connection() { return connection_.get(); }
    /// Closes the connection only now that there is `other`. As connection().
    void exchange(std::unique_ptr<Connection> other) { connection_ = std::move(other); }

  private:
    template <class Value, class Work> Result<Value> guarded(Work& work);

    Executor loop_;
    Executor thread_;
    std::string path_;
    std::unique_ptr<Connection> connection_; // touched on thread_ once the loop runs
};

template <class Value, class Work> Result<Value> Database::guarded(Work& work) {
    if (!connection_) {
        return fail(Fault::storage, "the database is not open");
    }
    struct Cleanup {
        Connection& connection;
        ~Cleanup() { connection.reset_statements(); }
    };
    try {
        const Cleanup cleanup{*connection_};
        if constexpr (std::is_void_v<Value>) {
            work(*connection_);
            return {};
        } else {
            return work(*connection_);
        }
    } catch (...) {
        return fail(storage_error());
    }
}

template <class Work>
auto Database::run(Work work) -> Task<Result<std::invoke_result_t<Work&, Connection&>>> {
    using Value = std::invoke_result_t<Work&, Connection&>;
    return asio::async_initiate<const asio::use_awaitable_t<>&, void(Result<Value>)>(
        [this](auto handler, Work job) {
            asio::post(thread_,
                       [this, handler = std::move(handler), job = std::move(job)]() mutable {
                           auto result = guarded<Value>(job);
                           asio::post(loop_, [handler = std::move(handler),
                                              result = std::move(result)]() mutable {
                               std::move(handler)(std::move(result));
                           });
                       });
        },
        asio::use_awaitable, std::move(work));
}

template <class Work>
auto Database::maintain(Work work) -> Task<std::invoke_result_t<Work&, Database&>> {
    using Value = std::invoke_result_t<Work&, Database&>;
    return asio::async_initiate<const asio::use_awaitable_t<>&, void(Value)>(
        [this](auto handler, Work job) {
            asio::post(thread_,
                       [this, handler = std::move(handler), job = std::move(job)]() mutable {
                           auto result = job(*this);
                           asio::post(loop_, [handler = std::move(handler),
                                              result = std::move(result)]() mutable {
                               std::move(handler)(std::move(result));
                           });
                       });
        },
        asio::use_awaitable, std::move(work));
}

} // namespace common

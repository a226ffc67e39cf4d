// Database: one SQLite connection and the one executor that may touch it. run() carries a function
// there and its result back. WAL, synchronous FULL or NORMAL, incremental auto-vacuum. Committed
// data survives what `sync` says.
#pragma once

#include "common/async/task.hpp"
#include "common/base/durability.hpp"
#include "common/base/result.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>

namespace SQLite {
class Database;
class Statement;
} // namespace SQLite

namespace common {

/// What a function on the database's thread works with. Not for any other thread.
class Connection {
  public:
    /// Read-write, created if absent; the folder must exist. Errors: Fault::storage.
    static Result<std::unique_ptr<Connection>> open(const std::string& path, Sync sync);
    /// For a look while the service may be stopped or running; writes nothing, not even side files
    /// where that can be helped.
    static Result<std::unique_ptr<Connection>> open_read_only(const std::string& path);
    ~Connection();

    [[nodiscard]] SQLite::Database& handle();
    /// The prepared statement for `sql` (a literal: its address is the key), reset and with nothing
    /// bound.
    [[nodiscard]] SQLite::Statement& prepared(const char* sql);
    [[nodiscard]] const std::string& path() const { return path_; }
    /// Ends what a function left in the middle: running statements are reset, an open transaction
    /// is rolled back.
    void reset_statements() noexcept;

  private:
    explicit Connection(std::string path);
    void open_file(const std::string& name, int flags);
    struct State;
    std::string path_;
    std::unique_ptr<State> state_;
};

/// The current exception, which must be SQLite's or std's, as an Error (Fault::storage). For catch
/// blocks.
Error storage_error();

class Database {
  public:
    /// `store` is a pool of one thread, or in tests the loop itself. `loop` is where results come
    /// back.
    Database(Executor loop, Executor store) : loop_{std::move(loop)}, thread_{std::move(store)} {}

    /// Blocking; before the loop runs.
    Result<void> open(const std::string& path, Sync sync);
    /// Closes (with a checkpoint) on the calling thread; nothing may be running.
    void close();
    [[nodiscard]] bool is_open() const { return connection_ != nullptr; }
    [[nodiscard]] const std::string& path() const { return path_; }

    /// Runs `work(Connection&)` on the store's executor and gives its result; an exception of
    /// SQLite becomes an Error. Work runs in the order of the calls. A plain function, not a
    /// coroutine (rule: no closure inside a co_await expression):
    ///   auto work = [=](Connection& c) {...};  auto job = database.run(std::move(work));  auto got
    ///   = co_await std::move(job);
    template <class Work>
    auto run(Work work) -> Task<Result<std::invoke_result_t<Work&, Connection&>>>;
    /// The same on the calling thread, blocking; only while the loop does not run.
    template <class Work>
    auto run_now(Work work) -> Result<std::invoke_result_t<Work&, Connection&>> {
        return guarded<std::invoke_result_t<Work&, Connection&>>(work);
    }

    /// Works on the file of that path while no connection of ours is open.
    using Mend = std::function<Result<void>(const std::string& path)>;
    /// After an I/O error: closes the connection and opens it anew, on the store's executor. `mend`
    /// runs in between. After an error the database is closed, and reopen() may be tried again.
    Task<Result<void>> reopen(Mend mend = {});

  private:
    template <class Value, class Work> Result<Value> guarded(Work& work);
    Result<void> renew(const Mend& mend);

    Executor loop_;
    Executor thread_;
    std::string path_;
    Sync sync_ = Sync::full;
    std::unique_ptr<Connection> connection_; // touched on thread_ once the loop runs
};

template <class Value, class Work> Result<Value> Database::guarded(Work& work) {
    if (!connection_) {
        return fail(Fault::storage, "the database is not open");
    }
    struct Rest {
        Connection& connection;
        ~Rest() { connection.reset_statements(); }
    };
    try {
        const Rest rest{*connection_};
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

} // namespace common

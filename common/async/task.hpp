// Task<T> (a coroutine), OneShot<T> (a value that comes later) and TaskGroup (coroutines that are
// stopped together). Everything here belongs to the thread of its executor.
//
// Rule for every co_await: its operand is a plain call with named, moved or ordinary temporary
// arguments. A `{…}` or a closure gets a name first, for g++ 12 destroys it twice; so does the
// result in a condition (`if (const auto x = co_await f(); x)`), where g++ 12 can misplace the
// promise. test/check_coroutines.sh checks it. Parameters are values or outlive the loop.
//
// common/async holds coroutines, the clock and what waits on it.
// It uses common/base and Asio.
#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <utility>

namespace common {

namespace asio = boost::asio;

/// A coroutine that returns a T. It starts when it is awaited or spawned, and runs on the executor
/// of the coroutine that awaits it.
template <class T = void> using Task = asio::awaitable<T>;
using Executor = asio::any_io_executor;

/// A value handed once from one coroutine to another on the same executor. One waiter; set() may
/// come before or after wait().
template <class T> class OneShot {
  public:
    explicit OneShot(Executor executor) : executor_{std::move(executor)} {}
    OneShot(const OneShot&) = delete;
    OneShot& operator=(const OneShot&) = delete;

    void set(T value) {
        if (waiter_) {
            // Posted, not called: the caller of set() is in the middle of something.
            asio::post(executor_,
                       [waiter = std::move(*waiter_), value = std::move(value)]() mutable {
                           std::move(waiter)(std::move(value));
                       });
            waiter_.reset();
        } else {
            value_ = std::move(value);
        }
    }

    [[nodiscard]] bool is_set() const { return value_.has_value(); }

    /// Must not be cancelled: a OneShot is always set.
    Task<T> wait() {
        return asio::async_initiate<const asio::use_awaitable_t<>&, void(T)>(
            [this](auto handler) {
                if (value_) {
                    asio::post(executor_, [handler = std::move(handler),
                                           value = std::move(*value_)]() mutable {
                        std::move(handler)(std::move(value));
                    });
                } else {
                    waiter_.emplace(std::move(handler));
                }
            },
            asio::use_awaitable);
    }

  private:
    Executor executor_;
    std::optional<T> value_;
    // Never assigned: move assignment in Boost 1.81 wraps the handler into itself without end.
    std::optional<asio::any_completion_handler<void(T)>> waiter_;
};

/// Coroutines with one owner, who ends them all (cancel(), then join()) before anything that they
/// refer to is destroyed. A coroutine that ends with an exception other than its cancellation is a
/// bug: log and abort. A restart is better than running without one of the tasks.
class TaskGroup {
  public:
    explicit TaskGroup(Executor executor);
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup();

    /// `name` is logged if the coroutine fails. Returns the coroutine's number.
    std::uint64_t spawn(std::string name, Task<> task);
    /// Cancels what each coroutine waits for, so that it ends with operation_aborted.
    void cancel();
    /// The same for one of them; does nothing when it has ended.
    void cancel(std::uint64_t number);
    /// Returns when no coroutine of the group is left. One caller at a time.
    Task<> join();
    [[nodiscard]] std::size_t size() const { return running_.size(); }

  private:
    struct Running {
        std::uint64_t number = 0;
        std::string name;
        asio::cancellation_signal stop;
    };
    void ended(std::list<Running>::iterator one, std::exception_ptr why);

    Executor executor_;
    std::list<Running> running_;
    std::uint64_t last_number_ = 0;
    asio::steady_timer empty_;
};

} // namespace common

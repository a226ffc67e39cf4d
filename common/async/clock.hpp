// Clock: the only thing that tells time; Wakeup: a place for one coroutine to wait for news or for
// a time, whichever is first. Both belong to the loop's thread. SystemClock is the real one,
// test/support has one that stands still until it is moved.
#pragma once

#include "common/async/task.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <functional>
#include <unordered_map>

namespace common {

class Clock {
  public:
    using TimerId = std::uint64_t;
    virtual ~Clock() = default;
    [[nodiscard]] virtual Instant now() const = 0;
    [[nodiscard]] virtual WallTime wall() const = 0;
    /// Whether the kernel says that the wall clock is disciplined (NTP, PTP, GPS).
    [[nodiscard]] virtual bool synchronized() const = 0;
    /// The same until the machine boots again: within one boot now() can be compared across
    /// processes.
    [[nodiscard]] virtual std::string boot_id() const = 0;
    /// Calls `what` once at `when` (at once if that is past), never from inside call_at.
    virtual TimerId call_at(Instant when, std::function<void()> what) = 0;
    /// A timer that has fired or is unknown is no error.
    virtual void cancel(TimerId timer) = 0;
};

class SystemClock final : public Clock {
  public:
    explicit SystemClock(Executor executor) : executor_{std::move(executor)} {}
    [[nodiscard]] Instant now() const override;
    [[nodiscard]] WallTime wall() const override;
    [[nodiscard]] bool synchronized() const override;
    [[nodiscard]] std::string boot_id() const override;
    TimerId call_at(Instant when, std::function<void()> what) override;
    void cancel(TimerId timer) override;

  private:
    Executor executor_;
    TimerId last_ = 0;
    std::unordered_map<TimerId, asio::steady_timer> timers_;
};

/// One waiter. A notify() that comes before the wait is not lost: the next wait returns at once.
class Wakeup {
  public:
    Wakeup(Executor executor, Clock& clock)
        : clock_{clock}, gate_{std::move(executor), asio::steady_timer::time_point::max()} {}
    void notify();
    /// Until notify(). Cancellation of the coroutine ends it with operation_aborted.
    Task<> wait();
    /// Until notify() or `when`.
    Task<> wait_until(Instant when);

  private:
    Clock& clock_;
    asio::steady_timer gate_;
    bool news_ = false;
};

/// Waits on `clock`; ends with operation_aborted when cancelled.
Task<> sleep_for(Clock& clock, Millis span);

} // namespace common

// Clock: the only source of time. Wakeup: one coroutine waits there for a notification or a time,
// whichever comes first. Both belong to the loop's thread. SystemClock is the real clock; the tests
// have one that stands still until they advance it.
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
    /// Whether the kernel says that the wall clock is synchronized (NTP, PTP, GPS), as of the last
    /// second.
    [[nodiscard]] virtual bool synchronized() const = 0;
    /// Changes when the machine boots: within one boot, now() can be compared across processes.
    [[nodiscard]] virtual std::string boot_id() const = 0;
    /// Calls `what` once at `when`, or soon if that is past, but never from inside call_at.
    virtual TimerId call_at(Instant when, std::function<void()> what) = 0;
    /// Does nothing for a timer that has fired or is unknown.
    virtual void cancel(TimerId timer) = 0;
};

DeviceTime device_time(const Clock& clock);

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
    mutable Instant ask_kernel_at_{}; // not before
    mutable bool synchronized_ = false;
    TimerId last_ = 0;
    std::unordered_map<TimerId, asio::steady_timer> timers_;
};

/// For one waiter. A notify() before the wait is not lost: the next wait returns at once.
class Wakeup {
  public:
    Wakeup(const Executor& executor, Clock& clock)
        : clock_{clock}, gate_{executor, asio::steady_timer::time_point::max()} {}
    void notify();
    /// Waits for notify(). Cancellation of the coroutine ends it with operation_aborted.
    Task<> wait();
    /// Waits for notify() or `when`.
    Task<> wait_until(Instant when);

  private:
    Clock& clock_;
    asio::steady_timer gate_;
    bool notified_ = false;
};

/// Cancellation of the coroutine ends it with operation_aborted.
Task<> sleep_for(Clock& clock, Millis span);

} // namespace common

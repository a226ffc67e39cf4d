// TestClock: stands still until it is moved. Moving it fires the timers that are due, in order, and
// runs the loop in between, so that coroutines that wait for minutes are tested in microseconds.
#pragma once

#include "common/async/clock.hpp"

#include <map>

namespace test {

class TestClock final : public common::Clock {
  public:
    explicit TestClock(common::asio::io_context& loop) : loop_{loop} {}

    [[nodiscard]] common::Instant now() const override {
        now_ += step_;
        return now_;
    }
    [[nodiscard]] common::WallTime wall() const override { return wall_; }
    [[nodiscard]] bool synchronized() const override { return synchronized_; }
    [[nodiscard]] std::string boot_id() const override { return boot_id_; }
    TimerId call_at(common::Instant when, std::function<void()> what) override;
    void cancel(TimerId timer) override;

    /// Runs what is ready, then moves both clocks step by step to now + span, firing timers and
    /// running the loop at each.
    void advance(common::Millis span);
    /// Runs the loop until nothing is ready. Time stands still.
    void settle();

    /// From now on each look at the clock takes so long: for what ends its turn by itself.
    void set_step(common::Millis step) { step_ = step; }
    void set_wall(common::WallTime wall) { wall_ = wall; }
    void set_synchronized(bool yes) { synchronized_ = yes; }
    void set_boot_id(std::string id) { boot_id_ = std::move(id); }

  private:
    common::asio::io_context& loop_;
    mutable common::Instant now_{std::chrono::hours{1000}};
    common::Millis step_{0};
    common::WallTime wall_{std::chrono::seconds{1'750'000'000}};
    bool synchronized_ = true;
    std::string boot_id_ = "boot-1";
    TimerId last_ = 0;
    std::map<std::pair<common::Instant, TimerId>, std::function<void()>> timers_;
};

/// Runs `task` on the loop until it has a value. It must not wait for time to pass.
template <class T> T run(common::asio::io_context& loop, common::Task<T> task) {
    std::optional<T> value;
    std::exception_ptr broke;
    common::asio::co_spawn(loop, std::move(task), [&](std::exception_ptr why, T got) {
        broke = why;
        value = std::move(got);
    });
    loop.restart();
    while (!value && loop.run_one() != 0) {
    }
    if (broke) {
        std::rethrow_exception(broke);
    }
    if (!value) {
        throw std::logic_error{"the task waits for something that never happens"};
    }
    return std::move(*value);
}

} // namespace test

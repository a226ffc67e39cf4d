// Clock: the time of the simulated world. It stands still until the world moves it. The board sees
// it through its own clocks: the monotonic one begins at each boot, and the wall clock may be wrong
// until it is synchronised.
#pragma once

#include "common/async/clock.hpp"
#include "test/simulation/c_library.hpp"
#include "test/simulation/random.hpp"

#include <functional>
#include <map>
#include <optional>

namespace simulation {

/// Since the world began.
using WorldTime = common::Millis;

class Clock final : public common::Clock, public TimeSource {
  public:
    explicit Clock(Random random) : random_{std::move(random)} {
        tell_time_by(this);
        boot();
    }
    ~Clock() override { tell_time_by(nullptr); }
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;

    [[nodiscard]] WorldTime world() const { return world_; }
    /// The first timer of the agent, as world time.
    [[nodiscard]] std::optional<WorldTime> next() const;
    void move_to(WorldTime when) { world_ = std::max(world_, when); }
    /// Calls what is due. False if nothing is.
    bool fire();
    /// The process is gone, and its timers.
    void forget_timers() { timers_.clear(); }
    /// What a dead process did with the time did not happen.
    void back_to(WorldTime when) { world_ = when; }

    /// A new boot: the wall clock says what it said when the power went, until NTP answers.
    void boot();
    void set_synchronized(bool yes);
    /// A step of the wall clock by hand, or by a wrong server.
    void step(common::Millis by) { skew_ += by; }

    [[nodiscard]] common::Instant now() const override;
    [[nodiscard]] common::WallTime wall() const override;
    [[nodiscard]] bool synchronized() const override { return synchronized_; }
    [[nodiscard]] std::string boot_id() const override { return "boot-" + std::to_string(boots_); }
    TimerId call_at(common::Instant when, std::function<void()> what) override;
    void cancel(TimerId timer) override;

    [[nodiscard]] std::int64_t wall_ns() const override;
    [[nodiscard]] std::int64_t monotonic_ns() const override;
    void fill(void* bytes, std::size_t size) override;

  private:
    Random random_;
    WorldTime world_{0};
    WorldTime booted_at_{0};
    common::Millis skew_{0}; ///< of the wall clock
    bool synchronized_ = true;
    int boots_ = 0;
    TimerId last_ = 0;
    std::map<std::pair<common::Instant, TimerId>, std::function<void()>> timers_;
    std::map<TimerId, common::Instant> times_;
};

} // namespace simulation

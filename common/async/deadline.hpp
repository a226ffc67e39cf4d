// Deadline: the time at which an owner's operation is to be broken off, moved again and again. Its
// one timer is set anew only when it would fire too late, so moving a deadline further away costs
// nothing. Loop thread.
#pragma once

#include "common/async/task.hpp"
#include "common/base/time.hpp"

#include <functional>
#include <memory>

namespace common {

class Deadline {
  public:
    static constexpr Instant never = Instant::max();

    /// `on_passed` is called once for each deadline that passes: on the executor, never from inside
    /// set(), and never after the Deadline is destroyed.
    Deadline(const Executor& executor, std::function<void()> on_passed);
    ~Deadline();

    /// Replaces the deadline.
    void set(Instant when);
    [[nodiscard]] Instant when() const;
    /// Whether the current deadline has passed and on_passed was called.
    [[nodiscard]] bool passed() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace common

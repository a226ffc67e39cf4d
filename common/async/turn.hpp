// Turn: lets a coroutine with much to do on the loop stop now and then, so that the event that
// opens a door does not wait for it. Loop thread.
#pragma once

#include "common/async/clock.hpp"

namespace common {

/// if (turn.is_over()) { co_await turn.next(); }
class Turn {
  public:
    static constexpr Millis longest{1};

    /// The clock outlives it. The turn begins here.
    explicit Turn(const Clock& clock) : clock_{clock}, begun_{clock.now()} {}
    /// Whether the coroutine has held the loop for long enough.
    [[nodiscard]] bool is_over() const { return clock_.now() - begun_ > longest; }
    /// Runs what waits for the loop; then the next turn begins. Anything may have changed
    /// meanwhile.
    Task<> next();

  private:
    const Clock& clock_;
    Instant begun_;
};

} // namespace common

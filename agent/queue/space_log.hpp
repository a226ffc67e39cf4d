// SpaceLog: tells in the log when the queue becomes full and when it drops deliveries, once per
// episode. Loop thread.
#pragma once

#include "agent/queue/space.hpp"
#include "common/base/time.hpp"

#include <cstddef>
#include <optional>

namespace agent {

class SpaceLog {
  public:
    /// Events were refused for lack of space.
    void refused(const Space& space, common::Instant now);
    /// Events were accepted.
    void accepted();
    /// Old deliveries were dropped for new ones.
    void dropped(std::size_t deliveries, std::uint64_t max_size, common::Instant now);
    /// Dead letters were deleted, because room was needed or because they had too much of it.
    void dropped_dead(std::uint64_t dead_letters, common::Instant now);

  private:
    bool full_ = false; // as told
    std::optional<common::Instant> full_told_at_, dropped_at_, dropped_dead_at_;
};

} // namespace agent

// EventArrivals: how regularly events come, so that a recogniser that has fallen silent can be told
// from one that is seldom used. Plain data, loop thread.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <optional>

namespace agent {

class EventArrivals {
  public:
    /// A request with events was accepted.
    void note(common::Instant now);

    /// The last one; nothing before the first.
    [[nodiscard]] const std::optional<common::Instant>& last() const { return last_; }
    /// The mean time between two of them; nothing before the second.
    [[nodiscard]] std::optional<common::Millis> usual_gap() const;
    [[nodiscard]] common::Millis longest_gap() const { return longest_gap_; }

  private:
    std::optional<common::Instant> first_, last_;
    common::Millis longest_gap_{0};
    std::uint64_t gaps_ = 0;
};

} // namespace agent

// QueueTime: milliseconds that follow the monotonic clock and continue from one run to the next.
// Across a restart within one boot the monotonic clock tells how long the agent was off; across
// boots the wall clock does, if it was synchronised then and is now; otherwise the time in between
// counts as zero. So queue time never goes back, and a jump of the wall clock does not move it.
// Loop thread. A crash loses at most the time since the last anchor, and only if the boot changed.
#pragma once

#include "common/async/clock.hpp"
#include "common/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace agent {

/// One moment on all clocks, as the database stores it.
struct TimeAnchor {
    std::int64_t queue = 0;
    std::string boot_id;
    std::int64_t monotonic = 0; ///< ms
    std::int64_t wall = 0;      ///< ms
    bool synchronized = false;
    std::int64_t next_event = 0; ///< row id of the next event: no id is ever used twice
};

class QueueTime {
  public:
    /// The first run starts here, so that 0 and small numbers are free for other meanings.
    static constexpr std::int64_t first = 1'000'000;

    explicit QueueTime(common::Clock& clock) : clock_{clock} {}
    /// Continues from `last`, but not below `floor`.
    void start(const std::optional<TimeAnchor>& last, std::int64_t floor);
    [[nodiscard]] bool started() const { return begun_; }
    [[nodiscard]] std::int64_t now() const;
    [[nodiscard]] TimeAnchor anchor() const;

  private:
    common::Clock& clock_;
    std::int64_t at_start_ = first;
    std::int64_t started_ = 0; // monotonic, ms
    bool begun_ = false;
};

/// The anchor as meta keeps it; nothing if it is not one.
std::optional<TimeAnchor> parse_anchor(const std::string& text);

// The following run on the database thread and throw as SQLite does.

std::optional<TimeAnchor> read_anchor(common::Connection& connection);
void write_anchor(common::Connection& connection, const TimeAnchor& anchor);

} // namespace agent

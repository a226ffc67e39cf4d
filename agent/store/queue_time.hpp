// QueueTime: milliseconds that run with the monotonic clock and go on from one run to the next by
// what is known for sure. Loop thread. Across a restart within one boot the monotonic clock tells
// how long it was; across boots the wall clock does, if it was disciplined then and is now;
// otherwise the time in between counts as none. So it never goes back and a jump of the wall clock
// does not move it. A crash loses at most the time since the last anchor, and only where the boot
// changed as well.
#pragma once

#include "common/async/clock.hpp"
#include "common/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace agent {

/// A moment on all clocks, as it is kept in the database.
struct TimeAnchor {
    std::int64_t queue = 0;
    std::string boot_id;
    std::int64_t monotonic = 0; ///< ms
    std::int64_t wall = 0;      ///< ms
    bool synchronized = false;
    std::int64_t next_event =
        0; ///< the row id that the next event would have had: ids are never given twice
};

class QueueTime {
  public:
    /// The first run starts here, so that 0 and small numbers can mean something else.
    static constexpr std::int64_t first = 1'000'000;

    explicit QueueTime(common::Clock& clock) : clock_{clock} {}
    /// Goes on from `last`; not below `floor`.
    void start(const std::optional<TimeAnchor>& last, std::int64_t floor);
    [[nodiscard]] std::int64_t now() const;
    [[nodiscard]] TimeAnchor anchor() const;

  private:
    common::Clock& clock_;
    std::int64_t at_start_ = first;
    std::int64_t started_ = 0; // monotonic, ms
};

// Database thread; these throw as SQLite does.
std::optional<TimeAnchor> read_anchor(common::Connection& connection);
void write_anchor(common::Connection& connection, const TimeAnchor& anchor);
/// The youngest event's.
std::int64_t newest_accepted_at(common::Connection& connection);

/// The queue time of this moment when there is no agent.
std::int64_t read_queue_time(common::Connection& connection, common::Clock& clock);

} // namespace agent

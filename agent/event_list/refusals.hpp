// Refusals: the requests that were refused lately. Those refused alike are one entry, and there are
// few entries, so that a broken producer hides neither the events nor its fellows. Loop thread.
#pragma once

#include "agent/event_list/listed_event.hpp"

#include <cstdint>
#include <deque>
#include <optional>

namespace agent {

class Refusals {
  public:
    /// Counts it to an entry of its kind, or makes it a new one, for which `next` becomes the
    /// newest number. At most `most` entries stay. Repetitions become the newest entry again, but
    /// at most once a second.
    void add(RefusedRequest refused, std::uint64_t& last, std::size_t most);
    /// The log line that is due for it, if any: the first at once, then one a minute.
    struct Warning {
        std::uint64_t not_logged = 0; ///< before it
    };
    std::optional<Warning> warning(common::Instant now);

    [[nodiscard]] const std::deque<RefusedRequest>& all() const { return all_; } ///< oldest first
    [[nodiscard]] std::size_t size() const { return all_.size(); }
    void drop_oldest() { all_.pop_front(); }
    void clear() { all_.clear(); }

  private:
    std::deque<RefusedRequest> all_;
    std::optional<common::Instant> warned_at_;
    std::uint64_t not_logged_ = 0;
};

} // namespace agent

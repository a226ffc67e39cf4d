// RecentEvents: which events were accepted lately, as 128 bits each, so that a producer's
// repetition is known even when nothing of the event is left on disk. Loop thread. Memory only:
// after a restart only events that are still pending are known (they are on disk). About 40 bytes
// an event: ten minutes of a thousand events a second fit into 25 MB.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace agent {

/// Half of SHA-256 over id and bytes.
struct EventKey {
    std::uint64_t high = 0, low = 0;
    bool operator==(const EventKey&) const = default;
};
EventKey event_key(std::string_view id, std::string_view bytes);

class RecentEvents {
  public:
    explicit RecentEvents(common::Millis window) : window_{window} {}

    [[nodiscard]] bool contains(const EventKey& key) const;
    /// `now` never goes back.
    void insert(const EventKey& key, common::Instant now);
    /// Takes back the last `count` insertions.
    void undo(std::size_t count);
    /// Forgets what is older than the window.
    void expire(common::Instant now);
    [[nodiscard]] std::size_t size() const { return order_.size(); }

  private:
    struct Entry {
        EventKey key;
        common::Instant at;
    };
    // An open-addressing table of positions in order_; a position counts from the very first entry
    // there ever was, 0 is an empty slot.
    using Position = std::uint32_t;
    [[nodiscard]] const Entry& entry(Position position) const {
        return order_[static_cast<Position>(position - first_)];
    }
    [[nodiscard]] std::size_t slot_of(const EventKey& key) const;
    void place(const EventKey& key, Position position);
    void take_out(const EventKey& key);
    void resize(std::size_t slots);

    common::Millis window_;
    std::deque<Entry> order_;
    Position first_ = 1; // of order_.front()
    std::vector<Position> slots_;
};

} // namespace agent

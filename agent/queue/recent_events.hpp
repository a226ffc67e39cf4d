// RecentEvents: the events accepted lately, as 128 bits each, so that a producer's repetition is
// recognised even when nothing of the event is left on disk. Loop thread. Memory only: after a
// restart only events that are still pending are recognised (they are on disk). About 60 bytes per
// event: ten minutes of a thousand events a second take about 40 MB.
#pragma once

#include "common/base/time.hpp"

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>

namespace agent {

/// Half of the SHA-256 of id and bytes.
struct EventKey {
    std::uint64_t high = 0, low = 0;
    bool operator==(const EventKey&) const = default;
};
EventKey event_key(std::string_view id, std::string_view bytes);

class RecentEvents {
  public:
    explicit RecentEvents(common::Millis window) : window_{window} {}

    [[nodiscard]] bool contains(const EventKey& key) const { return keys_.contains(key); }
    /// A key that is not contained yet; `now` never goes back.
    void insert(const EventKey& key, common::Instant now);
    /// Removes the last `count` keys inserted.
    void undo(std::size_t count);
    /// Forgets what is older than the window.
    void expire(common::Instant now);
    [[nodiscard]] std::size_t size() const { return order_.size(); }

  private:
    struct Entry {
        EventKey key;
        common::Instant at;
    };
    struct Hash {
        using is_avalanching = void; // the bits of a SHA-256 need no mixing
        std::size_t operator()(const EventKey& key) const {
            return static_cast<std::size_t>(key.low);
        }
    };

    common::Millis window_;
    std::deque<Entry> order_;
    boost::unordered_flat_set<EventKey, Hash> keys_;
};

} // namespace agent

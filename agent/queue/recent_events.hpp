// RecentEvents: the events accepted lately, as 128 bits each, so that a producer's repetition is
// recognised even when nothing of the event is left on disk. Loop thread. Memory only: after a
// restart only events that are still pending are recognised (they are on disk). Bounded: 28 bytes
// per event and at most 524 288 of them, 14 MiB, which is ten minutes of 870 events a second. At a
// higher rate the oldest are forgotten before their time.
#pragma once

#include "common/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string_view>
#include <vector>

namespace agent {

/// The fingerprint of id and bytes. It differs from process to process.
struct EventKey {
    std::uint64_t high = 0, low = 0;
    bool operator==(const EventKey&) const = default;
};
EventKey event_key(std::string_view id, std::string_view bytes);

class RecentEvents {
  public:
    static constexpr std::size_t default_limit = std::size_t{1} << 19;

    /// `window` is less than 49 days. At most `limit` events are remembered.
    explicit RecentEvents(common::Millis window, std::size_t limit = default_limit);

    [[nodiscard]] bool contains(const EventKey& key) const;
    /// A key that is not contained yet; `now` never goes back. Forgets the oldest key if there are
    /// too many.
    void insert(const EventKey& key, common::Instant now);
    /// Removes the last `count` keys inserted, as far as they are remembered.
    void undo(std::size_t count);
    /// Forgets what is older than the window.
    void expire(common::Instant now);
    [[nodiscard]] std::size_t size() const { return keys_.size(); }
    /// What the keys and their index take.
    [[nodiscard]] std::size_t bytes() const;

  private:
    static constexpr std::uint32_t vacant = 0;

    [[nodiscard]] std::uint32_t stamp(common::Instant at) const;
    [[nodiscard]] std::size_t home(const EventKey& key) const;
    [[nodiscard]] const EventKey& key_in(std::size_t slot) const;
    void place(std::uint32_t number);
    void erase(std::uint32_t number);
    void forget_oldest();
    void resize_index();

    common::Millis window_;
    std::size_t limit_;
    // In the order of insertion. Apart, because together they would be padded.
    std::deque<EventKey> keys_;
    std::deque<std::uint32_t> times_; ///< milliseconds, modulo 2^32
    /// Open addressing with linear probing; a key is denoted by its place in the order of all
    /// insertions, modulo 2^32 and never 0.
    std::vector<std::uint32_t> index_;
    std::uint32_t first_ = 1;  ///< number of keys_.front()
    common::Instant newest_{}; ///< when the last key was inserted
};

} // namespace agent

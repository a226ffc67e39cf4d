#include "agent/queue/recent_events.hpp"

#include "common/base/crypto.hpp"

#include <algorithm>
#include <cstring>

namespace agent {

namespace {

constexpr std::size_t smallest_index = 1024;

} // namespace

EventKey event_key(std::string_view id, std::string_view bytes) {
    const auto print = common::fingerprint_of({id, bytes});
    EventKey key;
    std::memcpy(&key.high, print.data(), sizeof key.high);
    std::memcpy(&key.low, print.data() + sizeof key.high, sizeof key.low);
    return key;
}

RecentEvents::RecentEvents(common::Millis window, std::size_t limit)
    : window_{window}, limit_{limit}, index_(smallest_index, vacant) {}

std::uint32_t RecentEvents::stamp(common::Instant at) const {
    return static_cast<std::uint32_t>(
        std::chrono::floor<common::Millis>(at.time_since_epoch()).count());
}

/// The bits of a SHA-256 need no mixing.
std::size_t RecentEvents::home(const EventKey& key) const {
    return static_cast<std::size_t>(key.low) & (index_.size() - 1);
}

const EventKey& RecentEvents::key_in(std::size_t slot) const {
    return keys_[index_[slot] - first_];
}

bool RecentEvents::contains(const EventKey& key) const {
    for (auto slot = home(key); index_[slot] != vacant; slot = (slot + 1) & (index_.size() - 1)) {
        if (key_in(slot) == key) {
            return true;
        }
    }
    return false;
}

void RecentEvents::place(std::uint32_t number) {
    auto slot = home(keys_[number - first_]);
    while (index_[slot] != vacant) {
        slot = (slot + 1) & (index_.size() - 1);
    }
    index_[slot] = number;
}

/// Closes the gap, so that no search ends in it too early.
void RecentEvents::erase(std::uint32_t number) {
    const auto mask = index_.size() - 1;
    auto gap = home(keys_[number - first_]);
    while (index_[gap] != number) {
        gap = (gap + 1) & mask;
    }
    for (auto slot = (gap + 1) & mask; index_[slot] != vacant; slot = (slot + 1) & mask) {
        if (((slot - home(key_in(slot))) & mask) >= ((slot - gap) & mask)) {
            index_[gap] = index_[slot];
            gap = slot;
        }
    }
    index_[gap] = vacant;
}

void RecentEvents::forget_oldest() {
    erase(first_);
    keys_.pop_front();
    times_.pop_front();
    ++first_;
}

void RecentEvents::insert(const EventKey& key, common::Instant now) {
    if (keys_.size() >= limit_) {
        forget_oldest();
    }
    // Numbers begin anew long before they could overflow, and the index with them.
    if (first_ > (std::uint32_t{1} << 31)) {
        first_ = 1;
        resize_index();
    }
    newest_ = now;
    keys_.push_back(key);
    times_.push_back(stamp(now));
    if (keys_.size() * 2 > index_.size()) {
        resize_index();
    } else {
        place(first_ + static_cast<std::uint32_t>(keys_.size() - 1));
    }
}

void RecentEvents::undo(std::size_t count) {
    for (; count > 0 && !keys_.empty(); --count) {
        erase(first_ + static_cast<std::uint32_t>(keys_.size() - 1));
        keys_.pop_back();
        times_.pop_back();
    }
}

void RecentEvents::expire(common::Instant now) {
    // All of them at once: after 49 days of silence the times would have come round.
    if (now - newest_ > window_) {
        keys_.clear();
        times_.clear();
        resize_index();
    }
    while (!keys_.empty() && stamp(now) - times_.front() > window_.count()) {
        forget_oldest();
    }
    // After a burst the index returns its memory.
    if (index_.size() > smallest_index && index_.size() / 16 > keys_.size()) {
        resize_index();
    }
}

/// Makes the index fit the keys and fills it anew.
void RecentEvents::resize_index() {
    auto size = smallest_index;
    while (size < keys_.size() * 2) {
        size *= 2;
    }
    index_ = std::vector<std::uint32_t>{}; // given back first
    index_.resize(size, vacant);
    for (std::size_t i = 0; i < keys_.size(); ++i) {
        place(first_ + static_cast<std::uint32_t>(i));
    }
}

std::size_t RecentEvents::bytes() const {
    return keys_.size() * (sizeof(EventKey) + sizeof(std::uint32_t)) +
           index_.size() * sizeof(std::uint32_t);
}

} // namespace agent

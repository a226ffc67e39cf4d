#include "agent/queue/recent_events.hpp"

#include "common/base/crypto.hpp"

#include <cstring>

namespace agent {

EventKey event_key(std::string_view id, std::string_view bytes) {
    const auto digest = common::sha256_of({id, bytes});
    EventKey key;
    std::memcpy(&key.high, digest.data(), sizeof key.high);
    std::memcpy(&key.low, digest.data() + sizeof key.high, sizeof key.low);
    return key;
}

void RecentEvents::insert(const EventKey& key, common::Instant now) {
    keys_.insert(key);
    order_.push_back({key, now});
}

void RecentEvents::undo(std::size_t count) {
    for (; count > 0 && !order_.empty(); --count) {
        keys_.erase(order_.back().key);
        order_.pop_back();
    }
}

void RecentEvents::expire(common::Instant now) {
    while (!order_.empty() && now - order_.front().at > window_) {
        keys_.erase(order_.front().key);
        order_.pop_front();
    }
    // After a burst the table returns its memory; it never does so by itself.
    if (keys_.bucket_count() > 1024 && keys_.bucket_count() / 8 > keys_.size()) {
        keys_.rehash(keys_.size() * 2);
    }
}

} // namespace agent

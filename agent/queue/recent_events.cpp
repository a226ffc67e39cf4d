#include "agent/queue/recent_events.hpp"

#include "common/base/crypto.hpp"

#include <bit>
#include <cassert>
#include <cstring>

namespace agent {

namespace {

constexpr std::size_t least_slots = 1024;

} // namespace

EventKey event_key(std::string_view id, std::string_view bytes) {
    const auto digest = common::sha256_of({id, bytes});
    EventKey key;
    std::memcpy(&key.high, digest.data(), sizeof key.high);
    std::memcpy(&key.low, digest.data() + sizeof key.high, sizeof key.low);
    return key;
}

/// Where the key is, or the empty slot where it would be. Half of the slots are empty at least.
std::size_t RecentEvents::slot_of(const EventKey& key) const {
    const auto mask = slots_.size() - 1;
    auto slot = static_cast<std::size_t>(key.low) & mask;
    while (slots_[slot] != 0 && !(entry(slots_[slot]).key == key)) {
        slot = (slot + 1) & mask;
    }
    return slot;
}

bool RecentEvents::contains(const EventKey& key) const {
    return !slots_.empty() && slots_[slot_of(key)] != 0;
}

void RecentEvents::place(const EventKey& key, Position position) {
    slots_[slot_of(key)] = position;
}

void RecentEvents::insert(const EventKey& key, common::Instant now) {
    if ((order_.size() + 1) * 2 > slots_.size()) {
        resize(std::max(least_slots, slots_.size() * 2));
    }
    auto position = static_cast<Position>(first_ + order_.size());
    if (position == 0) {
        // The count has gone round once: begin anew at 1, which costs one pass in four thousand
        // million events.
        first_ = 1;
        resize(slots_.size());
        position = static_cast<Position>(first_ + order_.size());
    }
    assert(!contains(key));
    order_.push_back({key, now});
    place(key, position);
}

/// Closes the gap: what stood behind it because its own place was taken moves up.
void RecentEvents::take_out(const EventKey& key) {
    const auto mask = slots_.size() - 1;
    auto gap = slot_of(key);
    slots_[gap] = 0;
    for (auto slot = (gap + 1) & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
        const auto home = static_cast<std::size_t>(entry(slots_[slot]).key.low) & mask;
        if (((slot - home) & mask) >= ((slot - gap) & mask)) {
            slots_[gap] = slots_[slot];
            slots_[slot] = 0;
            gap = slot;
        }
    }
}

void RecentEvents::undo(std::size_t count) {
    for (; count > 0 && !order_.empty(); --count) {
        take_out(order_.back().key);
        order_.pop_back();
    }
}

void RecentEvents::expire(common::Instant now) {
    while (!order_.empty() && now - order_.front().at > window_) {
        take_out(order_.front().key);
        order_.pop_front();
        ++first_;
    }
    if (slots_.size() > least_slots && order_.size() * 8 < slots_.size()) {
        resize(std::max(least_slots, std::bit_ceil(order_.size() * 4)));
    }
}

void RecentEvents::resize(std::size_t slots) {
    slots_.assign(slots, 0);
    slots_.shrink_to_fit();
    auto position = first_;
    for (const auto& one : order_) {
        place(one.key, position++);
    }
}

} // namespace agent

#include "agent/delivery/due_retries.hpp"

#include <algorithm>

namespace agent {

void DueRetries::share_memory(std::size_t lanes, std::size_t all) {
    most_bytes_ = lane_bytes(all);
    read_size_ = std::max<std::size_t>(64 / std::max<std::size_t>(lanes, 1), 8);
}

bool DueRetries::contains(std::int64_t id) const {
    return std::any_of(held_.begin(), held_.end(),
                       [id](const Delivery& one) { return one.id == id; });
}

Delivery DueRetries::pop() {
    auto delivery = std::move(held_.front());
    held_.pop_front();
    return delivery;
}

std::optional<std::int64_t> DueRetries::oldest() const {
    const auto oldest = std::ranges::min_element(held_, {}, &Delivery::accepted_at);
    return oldest == held_.end() ? std::nullopt : std::optional{oldest->accepted_at};
}

void DueRetries::forget(const Selection& selection) {
    // What is held is pending, so a change of dead letters takes nothing away.
    if (selection.state != DeliveryState::dead) {
        std::erase_if(held_,
                      [&](const Delivery& one) { return selection.covers(one.id, one.webhook); });
    }
    next_due_ = 0;
    outdated_ = true;
}

void DueRetries::attempt_ended(std::int64_t id) {
    if (reading_) {
        ended_.insert(id);
    }
}

void DueRetries::expect(std::int64_t due) {
    next_due_ = std::min(next_due_.value_or(due), due);
}

common::Millis DueRetries::read_pause(const common::Backoff& backoff) {
    constexpr common::Millis longest{100};
    return std::clamp(backoff.initial / 10, common::Millis{1}, longest);
}

std::optional<std::int64_t> DueRetries::read_at() const {
    return held_.size() <= read_size_ / 4 ? next_due_ : std::nullopt;
}

BatchBounds DueRetries::begin_read(std::size_t in_flight) {
    reading_ = true;
    outdated_ = false;
    ended_.clear();
    next_due_.reset();
    // Those held and in flight are still due on disk, so they come along.
    return {read_size_ + held_.size() + in_flight, most_bytes_};
}

DueRetries::Found DueRetries::end_read(common::Result<DueBatch> batch) {
    reading_ = false;
    Found found;
    if (outdated_ || !batch) {
        next_due_ = 0;
        return found;
    }
    const auto before = held_.size();
    for (auto& one : batch->deliveries) {
        if (ended_.contains(one.id) || contains(one.id) || held_elsewhere_(one.id)) {
            continue;
        }
        if (one.attempts == 0) {
            found.fresh.push_back(std::move(one));
        } else {
            held_.push_back(std::move(one));
        }
    }
    if (batch->more) {
        next_due_ = 0;
        found.more = held_.size() > before || !found.fresh.empty();
    } else if (batch->next_due) {
        expect(*batch->next_due);
    }
    return found;
}

} // namespace agent

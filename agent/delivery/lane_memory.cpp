#include "agent/delivery/lane_memory.hpp"

#include <algorithm>

namespace agent {

namespace {

constexpr std::size_t most_fresh = 256;
constexpr std::size_t most_fresh_bytes = std::size_t{8} << 20;
constexpr std::size_t fresh_batch = 128;
constexpr std::size_t low_fresh = 64;
constexpr std::size_t retry_batch = 64;
constexpr std::size_t low_retries = 16;

} // namespace

bool LaneMemory::is_held(std::int64_t id) const {
    return fresh_.contains(id) || in_flight_.contains(id) ||
           std::any_of(retries_.begin(), retries_.end(),
                       [id](const Delivery& one) { return one.id == id; });
}

bool LaneMemory::has_room() const {
    return fresh_.size() + meanwhile_.size() < most_fresh && fresh_bytes_ < most_fresh_bytes;
}

void LaneMemory::keep_fresh(Delivery delivery) {
    const auto id = delivery.id;
    if (!is_held(id)) {
        fresh_bytes_ += delivery.event->size();
        fresh_.emplace(id, std::move(delivery));
    }
    after_ = std::max(after_, id);
}

void LaneMemory::offer(Delivery delivery) {
    if (!spilled_) {
        if (has_room()) {
            keep_fresh(std::move(delivery));
        } else {
            spilled_ = true;
        }
    } else if (reading_ && has_room()) {
        meanwhile_.push_back(std::move(delivery));
    } else {
        meanwhile_lost_ = true;
    }
}

Delivery LaneMemory::take_fresh() {
    auto delivery = std::move(fresh_.begin()->second);
    fresh_.erase(fresh_.begin());
    fresh_bytes_ -= delivery.event->size();
    return delivery;
}

Delivery LaneMemory::take_retry() {
    auto delivery = std::move(retries_.front());
    retries_.pop_front();
    return delivery;
}

void LaneMemory::forget() {
    fresh_.clear();
    fresh_bytes_ = 0;
    forget(Selection{});
}

void LaneMemory::forget(const Selection& selection) {
    // What is held is pending, so an edit of dead letters takes nothing away; it may bring
    // something, though.
    if (selection.state != DeliveryState::dead) {
        std::erase_if(retries_,
                      [&](const Delivery& one) { return selection.covers(one.id, one.webhook); });
        std::erase_if(fresh_, [&](const auto& one) {
            const bool covered = selection.covers(one.first, one.second.webhook);
            fresh_bytes_ -= covered ? one.second.event->size() : 0;
            return covered;
        });
    }
    spilled_ = true;
    after_ = 0;
    next_due_ = 0;
    stale_ = true;
}

void LaneMemory::attempt_ended(std::int64_t id) {
    if (reading_) {
        settled_.insert(id);
    }
}

void LaneMemory::expect(std::int64_t due) {
    next_due_ = std::min(next_due_.value_or(due), due);
}

bool LaneMemory::wants_fresh() const {
    return spilled_ && fresh_.size() <= low_fresh && fresh_bytes_ <= most_fresh_bytes / 2;
}

bool LaneMemory::wants_retries() const {
    return next_due_ && retries_.size() <= low_retries;
}

void LaneMemory::begin() {
    reading_ = true;
    stale_ = false;
    settled_.clear();
    meanwhile_.clear();
}

LaneMemory::Question LaneMemory::begin_fresh() {
    begin();
    meanwhile_lost_ = false;
    return {after_, fresh_batch};
}

void LaneMemory::end_fresh(common::Result<DueBatch> batch) {
    reading_ = false;
    const auto meanwhile = std::move(meanwhile_);
    meanwhile_.clear();
    if (stale_ || !batch) {
        return;
    }
    for (auto& one : batch->deliveries) {
        after_ = std::max(after_, one.id);
        if (!settled_.contains(one.id)) {
            keep_fresh(std::move(one));
        }
    }
    if (batch->more || meanwhile_lost_) {
        return;
    }
    for (const auto& one : meanwhile) {
        keep_fresh(one);
    }
    spilled_ = false;
}

LaneMemory::Question LaneMemory::begin_retries() {
    begin();
    next_due_.reset();
    // Those in hand are due as well, so they come with the answer.
    return {0, retry_batch + retries_.size() + in_flight_.size()};
}

bool LaneMemory::end_retries(common::Result<DueBatch> batch) {
    reading_ = false;
    meanwhile_lost_ = meanwhile_lost_ || !meanwhile_.empty();
    meanwhile_.clear();
    if (stale_ || !batch) {
        next_due_ = 0;
        return false;
    }
    const auto before = size();
    for (auto& one : batch->deliveries) {
        if (settled_.contains(one.id) || is_held(one.id)) {
            continue;
        }
        if (one.attempts == 0) {
            // A dead letter that somebody retried: its attempts are fresh again.
            fresh_bytes_ += one.event->size();
            fresh_.emplace(one.id, std::move(one));
        } else {
            retries_.push_back(std::move(one));
        }
    }
    if (batch->more) {
        next_due_ = 0;
    } else if (batch->next_due) {
        expect(*batch->next_due);
    }
    return size() > before;
}

} // namespace agent

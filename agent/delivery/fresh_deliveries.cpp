#include "agent/delivery/fresh_deliveries.hpp"

#include <algorithm>
#include <utility>

namespace agent {

void FreshDeliveries::share_memory(std::size_t lanes, std::size_t all) {
    most_held_ = std::max<std::size_t>(256 / std::max<std::size_t>(lanes, 1), 16);
    most_bytes_ = lane_bytes(all);
}

bool FreshDeliveries::has_room() const {
    return held_.size() + committed_.size() < most_held_ && bytes_ < most_bytes_;
}

void FreshDeliveries::insert(Delivery delivery) {
    const auto id = delivery.id;
    const auto size = delivery.event->size();
    if (held_.emplace(id, std::move(delivery)).second) {
        bytes_ += size;
    }
}

void FreshDeliveries::keep(Delivery delivery) {
    end_ = std::max(end_, delivery.id);
    if (!held_elsewhere_(delivery.id)) {
        insert(std::move(delivery));
    }
}

void FreshDeliveries::committed(Delivery delivery) {
    if (!more_on_disk_) {
        if (has_room()) {
            keep(std::move(delivery));
        } else {
            more_on_disk_ = true;
        }
    } else if (reading_ && has_room()) {
        committed_.push_back(std::move(delivery));
    } else {
        overflowed_ = true;
    }
}

void FreshDeliveries::add(std::vector<Delivery> deliveries) {
    for (auto& one : deliveries) {
        insert(std::move(one));
    }
}

Delivery FreshDeliveries::pop() {
    auto delivery = std::move(held_.begin()->second);
    held_.erase(held_.begin());
    bytes_ -= delivery.event->size();
    return delivery;
}

std::optional<std::int64_t> FreshDeliveries::oldest() const {
    return held_.empty() ? std::nullopt : std::optional{held_.begin()->second.accepted_at};
}

void FreshDeliveries::forget(const Selection& selection) {
    // What is held is pending, so a change of dead letters takes nothing away.
    if (selection.state != DeliveryState::dead) {
        std::erase_if(held_, [&](const auto& one) {
            const bool covered = selection.covers(one.first, one.second.webhook);
            bytes_ -= covered ? one.second.event->size() : 0;
            return covered;
        });
    }
    more_on_disk_ = true;
    end_ = 0;
    outdated_ = true;
}

void FreshDeliveries::attempt_ended(std::int64_t id) {
    if (reading_) {
        ended_.insert(id);
    }
}

bool FreshDeliveries::wants_read() const {
    return more_on_disk_ && held_.size() <= most_held_ / 4 && bytes_ <= most_bytes_ / 2;
}

FreshDeliveries::Query FreshDeliveries::begin_read() {
    reading_ = true;
    outdated_ = false;
    overflowed_ = false;
    committed_.clear();
    ended_.clear();
    return {end_, {most_held_ / 2, most_bytes_}};
}

void FreshDeliveries::end_read(common::Result<DueBatch> batch) {
    reading_ = false;
    auto committed = std::exchange(committed_, {});
    if (outdated_ || !batch) {
        return;
    }
    for (auto& one : batch->deliveries) {
        if (ended_.contains(one.id)) {
            end_ = std::max(end_, one.id);
        } else {
            keep(std::move(one));
        }
    }
    if (batch->more || overflowed_) {
        return;
    }
    for (auto& one : committed) {
        keep(std::move(one));
    }
    more_on_disk_ = false;
}

} // namespace agent

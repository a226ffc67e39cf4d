#include "agent/delivery/connection_budget.hpp"

#include "agent/delivery/lane.hpp"

#include <algorithm>

namespace agent {

void ConnectionBudget::Queue::push(std::shared_ptr<Lane> lane) {
    if (present_.insert(lane.get()).second) {
        lanes_.push_back(std::move(lane));
    }
}

std::shared_ptr<Lane> ConnectionBudget::Queue::pop() {
    auto lane = std::move(lanes_.front());
    lanes_.pop_front();
    present_.erase(lane.get());
    return lane;
}

void ConnectionBudget::Queue::clear() {
    lanes_.clear();
    present_.clear();
}

void ConnectionBudget::want(const std::shared_ptr<Lane>& lane) {
    if (!closed_ && lane->wants()) {
        queue_of(*lane).push(lane);
        start();
    }
}

void ConnectionBudget::take(bool reachable) {
    ++in_flight_;
    unreachable_in_flight_ += reachable ? 0 : 1;
}

void ConnectionBudget::give_back(bool reachable) {
    --in_flight_;
    unreachable_in_flight_ -= reachable ? 0 : 1;
    start();
}

void ConnectionBudget::turned(bool reachable, std::size_t in_flight) {
    if (reachable) {
        unreachable_in_flight_ -= in_flight;
    } else {
        unreachable_in_flight_ += in_flight;
    }
}

void ConnectionBudget::close() {
    closed_ = true;
    reachable_.clear();
    unreachable_.clear();
}

ConnectionBudget::Queue& ConnectionBudget::queue_of(const Lane& lane) {
    return lane.reachable() ? reachable_ : unreachable_;
}

ConnectionBudget::Queue* ConnectionBudget::next() {
    const auto limit = std::max<std::uint64_t>(config_.delivery.connections, 1);
    if (closed_ || in_flight_ >= limit) {
        return nullptr;
    }
    const bool may_unreachable =
        !unreachable_.empty() && unreachable_in_flight_ < std::max<std::uint64_t>(limit / 2, 1);
    if (reachable_.empty() && !may_unreachable) {
        return nullptr;
    }
    const bool unreachable = may_unreachable && (unreachable_next_ || reachable_.empty());
    unreachable_next_ = !unreachable;
    return unreachable ? &unreachable_ : &reachable_;
}

void ConnectionBudget::start() {
    // An attempt may end before start_one() returns, and comes here again.
    if (starting_) {
        return;
    }
    starting_ = true;
    while (auto* const queue = next()) {
        const auto lane = queue->pop();
        auto& right = queue_of(*lane);
        if (&right != queue) {
            right.push(lane);
            continue;
        }
        if (lane->start_one() && lane->wants()) {
            queue_of(*lane).push(lane);
        }
    }
    starting_ = false;
}

} // namespace agent

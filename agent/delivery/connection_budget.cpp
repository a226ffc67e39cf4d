#include "agent/delivery/connection_budget.hpp"

#include <algorithm>

namespace agent {

void ConnectionBudget::Turns::push(std::shared_ptr<ConnectionUser> user) {
    if (present_.insert(user.get()).second) {
        users_.push_back(std::move(user));
    }
}

std::shared_ptr<ConnectionUser> ConnectionBudget::Turns::pop() {
    auto user = std::move(users_.front());
    users_.pop_front();
    present_.erase(user.get());
    return user;
}

void ConnectionBudget::Turns::clear() {
    users_.clear();
    present_.clear();
}

void ConnectionBudget::want(const std::shared_ptr<ConnectionUser>& user) {
    if (!closed_ && user->wants()) {
        turns_of(*user).push(user);
        start();
    }
}

void ConnectionBudget::release(bool reachable) {
    --in_flight_;
    unreachable_in_flight_ -= reachable ? 0 : 1;
    start();
}

void ConnectionBudget::reachability_changed(bool reachable, std::size_t in_flight) {
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

ConnectionBudget::Turns& ConnectionBudget::turns_of(const ConnectionUser& user) {
    return user.reachable() ? reachable_ : unreachable_;
}

/// Whose turn it is; null while nobody may start. The two kinds alternate where both wait.
ConnectionBudget::Turns* ConnectionBudget::next() {
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
    while (auto* const turns = next()) {
        const auto user = turns->pop();
        // Its target's state may have changed while it waited.
        if (auto& right = turns_of(*user); &right != turns) {
            right.push(user);
            continue;
        }
        if (user->start_one()) {
            ++in_flight_;
            unreachable_in_flight_ += user->reachable() ? 0 : 1;
            if (user->wants()) {
                turns_of(*user).push(user);
            }
        }
    }
}

} // namespace agent

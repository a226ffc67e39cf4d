#include "agent/delivery/connection_budget.hpp"

#include "agent/delivery/target.hpp"

#include <algorithm>
#include <utility>

namespace agent {

void ConnectionBudget::enqueue(const std::shared_ptr<ConnectionUser>& user) {
    if (!closed_ && !user->is_waiting_ && user->wants() != ConnectionUser::Want::nothing) {
        user->is_waiting_ = true;
        waiting_.push_back(user);
    }
}

void ConnectionBudget::leave(ConnectionUser& user) {
    if (std::exchange(user.is_waiting_, false)) {
        std::erase_if(waiting_, [&](const User& one) { return one.get() == &user; });
    }
}

void ConnectionBudget::want(const std::shared_ptr<ConnectionUser>& user) {
    enqueue(user);
    start();
}

void ConnectionBudget::release(ConnectionUser& user, bool retry, std::size_t bytes) {
    --in_flight_;
    user.bytes_ -= bytes;
    user.retries_ -= retry ? 1 : 0;
    if (--user.attempts_ == 0) {
        std::erase(holding_, &user);
        user.target().use = {};
    }
    start();
}

void ConnectionBudget::close() {
    closed_ = true;
    for (const auto& user : waiting_) {
        user->is_waiting_ = false;
    }
    waiting_.clear();
}

/// Of each target, and returned of all together: a pace changes while an attempt is in flight.
ConnectionUse ConnectionBudget::count_use(common::Instant now) {
    for (const auto* user : holding_) {
        user->target().use = {};
    }
    ConnectionUse all;
    for (const auto* user : holding_) {
        const auto pace = user->standing(now).pace;
        all.add(pace, user->attempts_, user->retries_, user->bytes_);
        user->target().use.add(pace, user->attempts_, user->retries_, user->bytes_);
    }
    return all;
}

// Called for each attempt that starts, with as many waiting as there are webhooks with a backlog:
// most of them must cost next to nothing.
std::optional<ConnectionBudget::Turn> ConnectionBudget::next() {
    const auto limit = std::max<std::uint64_t>(config_.delivery.connections, 1);
    const auto target_limit = target_connections(limit, config_.delivery.connections_per_target);
    if (closed_ || waiting_.empty() || in_flight_ >= limit) {
        return std::nullopt;
    }
    const auto now = clock_.now();
    const auto all = count_use(now);
    // Among equals from both ends in turn: where nothing is known yet of more than there are
    // connections for, neither the first nor the last of them is always left out.
    last_first_ = !last_first_;
    std::optional<Turn> best;
    std::pair<std::ptrdiff_t, double> best_rank;
    std::vector<ConnectionUser*> idle;
    for (const auto& user : waiting_) {
        const auto& target = user->target();
        if (target.use.attempts() >= target_limit) {
            continue;
        }
        const auto standing = user->standing(now);
        const std::pair rank{-static_cast<std::ptrdiff_t>(user->attempts_), standing.urgency};
        if (best && (last_first_ ? rank < best_rank : rank <= best_rank)) {
            continue;
        }
        ConnectionClaim claim{standing.pace, user->attempts_, false};
        if (!all_allow(all, limit, claim) ||
            !target_allows(target.use, target_limit, target.webhooks, claim)) {
            continue;
        }
        const auto kind = user->wants();
        if (kind == ConnectionUser::Want::nothing) {
            idle.push_back(user.get());
            continue;
        }
        claim.retry = kind == ConnectionUser::Want::retry;
        if (target_allows(target.use, target_limit, target.webhooks, claim) &&
            memory_allows(all, limit, standing.pace, user->next_bytes(kind))) {
            best = Turn{user, kind};
            best_rank = rank;
        }
    }
    for (auto* user : idle) {
        leave(*user);
    }
    return best;
}

void ConnectionBudget::start() {
    while (const auto turn = next()) {
        auto& user = *turn->user;
        if (const auto bytes = user.start_one(turn->kind)) {
            ++in_flight_;
            user.bytes_ += *bytes;
            user.retries_ += turn->kind == ConnectionUser::Want::retry ? 1 : 0;
            if (user.attempts_++ == 0) {
                holding_.push_back(&user);
            }
        }
        if (user.wants() == ConnectionUser::Want::nothing) {
            leave(user);
        }
    }
}

} // namespace agent

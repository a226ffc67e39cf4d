#include "agent/delivery/connection_budget.hpp"

#include "agent/delivery/target.hpp"

#include <algorithm>
#include <utility>

namespace agent {

void ConnectionBudget::enqueue(const std::shared_ptr<ConnectionUser>& user) {
    if (!closed_ && user->wants() != ConnectionUser::Want::nothing &&
        is_waiting_.insert(user.get()).second) {
        waiting_.push_back(user);
    }
}

void ConnectionBudget::leave(const ConnectionUser& user) {
    std::erase_if(waiting_, [&](const User& one) { return one.get() == &user; });
    is_waiting_.erase(&user);
}

void ConnectionBudget::want(const std::shared_ptr<ConnectionUser>& user) {
    enqueue(user);
    start();
}

void ConnectionBudget::release(const ConnectionUser& user, bool retry) {
    --in_flight_;
    const auto held = held_.find(&user);
    held->second.retries -= retry ? 1 : 0;
    if (--held->second.attempts == 0) {
        held_.erase(held);
    }
    start();
}

void ConnectionBudget::close() {
    closed_ = true;
    waiting_.clear();
    is_waiting_.clear();
}

std::optional<ConnectionBudget::Turn> ConnectionBudget::next() {
    const auto limit = std::max<std::uint64_t>(config_.delivery.connections, 1);
    const auto target_limit = target_connections(limit, config_.delivery.connections_per_target);
    if (closed_ || waiting_.empty() || in_flight_ >= limit) {
        return std::nullopt;
    }
    ConnectionUse all;
    std::unordered_map<const Target*, ConnectionUse> by_target;
    for (const auto& [user, held] : held_) {
        const auto pace = user->pace();
        all.add(pace, held.attempts, held.retries);
        by_target[&user->target()].add(pace, held.attempts, held.retries);
    }
    // Among equals from both ends in turn: where nothing is known yet of more than there are
    // connections for, neither the first nor the last of them is always left out.
    last_first_ = !last_first_;
    std::optional<Turn> best;
    std::pair<std::ptrdiff_t, double> best_rank;
    std::vector<const ConnectionUser*> idle;
    for (const auto& user : waiting_) {
        const auto held = held_.find(user.get());
        ConnectionClaim claim{user->pace(), held == held_.end() ? 0 : held->second.attempts, false};
        const std::pair rank{-static_cast<std::ptrdiff_t>(claim.held), user->urgency()};
        if (best && (last_first_ ? rank < best_rank : rank <= best_rank)) {
            continue;
        }
        const auto& target = user->target();
        const auto& use = by_target[&target];
        if (!all_allow(all, limit, claim) ||
            !target_allows(use, target_limit, target.webhooks, claim)) {
            continue;
        }
        const auto kind = user->wants();
        if (kind == ConnectionUser::Want::nothing) {
            idle.push_back(user.get());
            continue;
        }
        claim.retry = kind == ConnectionUser::Want::retry;
        if (target_allows(use, target_limit, target.webhooks, claim)) {
            best = Turn{user, kind};
            best_rank = rank;
        }
    }
    for (const auto* user : idle) {
        leave(*user);
    }
    return best;
}

void ConnectionBudget::start() {
    while (const auto turn = next()) {
        auto& user = *turn->user;
        if (user.start_one(turn->kind)) {
            ++in_flight_;
            auto& held = held_[&user];
            ++held.attempts;
            held.retries += turn->kind == ConnectionUser::Want::retry ? 1 : 0;
        }
        if (user.wants() == ConnectionUser::Want::nothing) {
            leave(user);
        }
    }
}

} // namespace agent

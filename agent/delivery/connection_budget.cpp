#include "agent/delivery/connection_budget.hpp"

#include "agent/delivery/target.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace agent {

namespace {

/// While somebody waits for what slow attempts hold.
constexpr common::Millis look_again_interval{100};
/// A webhook that was quick within this time may soon want a connection again.
constexpr common::Millis quick_span{60'000};

/// A webhook that was quick, but has not been answered since the oldest attempt in flight began,
/// may be one of those that hang now.
Pace proven_pace(const ConnectionUser::Standing& standing,
                 const std::optional<common::Instant>& oldest_start) {
    const bool proven = !oldest_start || (standing.last_end && *standing.last_end >= *oldest_start);
    return proven ? standing.pace : std::min(standing.pace, Pace::unproven);
}

/// Neither slow nor silent, or it has rested for ten times as long as it holds a connection.
bool comes_first(const ConnectionUser::Standing& standing) {
    constexpr double rested = 10;
    return standing.pace > Pace::slow || standing.urgency >= rested;
}

/// Whose turn it is: the one with the highest.
using Rank = std::tuple<std::ptrdiff_t, bool, double>;
Rank rank_of(const ConnectionUser::Standing& standing, std::size_t held) {
    return {-static_cast<std::ptrdiff_t>(held), comes_first(standing), standing.urgency};
}

} // namespace

std::size_t ConnectionBudget::limit() const {
    return static_cast<std::size_t>(std::max<std::uint64_t>(config_.delivery.connections, 1));
}

std::size_t ConnectionBudget::target_limit() const {
    return target_connections(limit(), config_.delivery.connections_per_target);
}

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
    if (limit() == 1) {
        note_quick(user);
    }
    --in_flight_;
    if (user.given_up_ > 0) {
        --user.given_up_;
        --given_up_;
    }
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
    if (const auto timer = std::exchange(looks_again_, std::nullopt)) {
        clock_.cancel(*timer);
    }
}

/// Of each target, and returned of all together: a pace changes while an attempt is in flight.
ConnectionBudget::Count ConnectionBudget::count_use(common::Instant now) {
    Count all;
    std::vector<ConnectionUser::Standing> standings;
    standings.reserve(holding_.size());
    for (const auto* user : holding_) {
        user->target().use = {};
        standings.push_back(user->standing(now));
        const auto& oldest = standings.back().oldest_start;
        if (oldest && (!all.oldest_start || *oldest < *all.oldest_start)) {
            all.oldest_start = oldest;
        }
    }
    auto standing = standings.begin();
    for (const auto* user : holding_) {
        const auto pace = proven_pace(*standing, all.oldest_start);
        all.use.add(pace, user->attempts_, user->retries_, user->bytes_);
        user->target().use.add(standing->pace, user->attempts_, user->retries_, user->bytes_);
        ++standing;
    }
    return all;
}

// Called for each attempt that starts, with as many waiting as there are webhooks with a backlog:
// most of them must cost next to nothing.
std::optional<ConnectionBudget::Turn> ConnectionBudget::next() {
    const auto most = limit();
    const auto most_of_target = target_limit();
    if (closed_ || waiting_.empty() || in_flight_ >= most) {
        return std::nullopt;
    }
    const auto now = clock_.now();
    const auto all = count_use(now);
    // Among equals from both ends in turn: where nothing is known yet of more than there are
    // connections for, neither the first nor the last of them is always left out.
    last_first_ = !last_first_;
    std::optional<Turn> best;
    Rank best_rank;
    std::vector<ConnectionUser*> idle;
    for (const auto& user : waiting_) {
        const auto& target = user->target();
        if (target.use.attempts() >= most_of_target) {
            continue;
        }
        const auto standing = user->standing(now);
        if (most == 1 && !comes_first(standing) && expects_quick_other_than(*user, now)) {
            continue;
        }
        const auto rank = rank_of(standing, user->attempts_);
        if (best && (last_first_ ? rank < best_rank : rank <= best_rank)) {
            continue;
        }
        ConnectionClaim claim{standing.pace, user->attempts_, false};
        const auto proven = proven_pace(standing, all.oldest_start);
        const bool doubted = proven != standing.pace; // its pace is known all the same
        if (!all_allow(all.use, most, {proven, doubted ? 0 : user->attempts_, false}) ||
            !target_allows(target.use, most_of_target, target.webhooks, claim)) {
            continue;
        }
        const auto kind = user->wants();
        if (kind == ConnectionUser::Want::nothing) {
            idle.push_back(user.get());
            continue;
        }
        claim.retry = kind == ConnectionUser::Want::retry;
        if (target_allows(target.use, most_of_target, target.webhooks, claim) &&
            memory_allows(all.use, most, proven, user->next_bytes(kind))) {
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
    reclaim();
}

/// Webhooks that are not slow, as far as anybody knows, and wait with nothing in flight.
std::size_t ConnectionBudget::count_better_waiting(common::Instant now) const {
    const auto most_of_target = target_limit();
    return static_cast<std::size_t>(std::ranges::count_if(waiting_, [&](const User& user) {
        return user->attempts_ == 0 && user->target().use.attempts() < most_of_target &&
               user->standing(now).pace > Pace::slow &&
               user->wants() != ConnectionUser::Want::nothing;
    }));
}

void ConnectionBudget::note_quick(const ConnectionUser& user) {
    if (const auto now = clock_.now(); user.standing(now).pace > Pace::slow) {
        last_quick_ = now;
        last_quick_by_ = &user;
    }
}

/// The only connection is not for a slow webhook that has just had it while a quick one may want it
/// any moment: its attempt could be given up only after a second.
bool ConnectionBudget::expects_quick_other_than(const ConnectionUser& user,
                                                common::Instant now) const {
    return last_quick_ && last_quick_by_ != &user && now - *last_quick_ < quick_span;
}

void ConnectionBudget::look_again_soon() {
    if (!looks_again_) {
        looks_again_ = clock_.call_at(clock_.now() + look_again_interval, [this] {
            looks_again_.reset();
            start();
        });
    }
}

/// Gives up attempts for those that wait, and comes back as long as there may be more to give up.
void ConnectionBudget::reclaim() {
    if (closed_ || waiting_.empty() || (limit() > 1 && in_flight_ <= slow_share(limit()))) {
        return; // the usual case costs nothing
    }
    if (in_flight_ == 0) {
        look_again_soon(); // those that wait are to rest
        return;
    }
    const auto now = clock_.now();
    const auto wanted = count_better_waiting(now);
    if (wanted == 0) {
        return;
    }
    const auto excess = slow_excess(count_use(now).use, limit());
    while (given_up_ < std::min(wanted, excess)) {
        ConnectionUser* oldest = nullptr;
        auto since = now;
        for (auto* user : holding_) {
            if (const auto from = user->can_give_up(); from && *from <= since) {
                oldest = user;
                since = *from;
            }
        }
        if (oldest == nullptr) {
            break;
        }
        ++oldest->given_up_;
        ++given_up_;
        oldest->give_up_one();
    }
    look_again_soon();
}

} // namespace agent

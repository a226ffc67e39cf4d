#include "agent/delivery/connection_share.hpp"

#include <algorithm>
#include <numeric>

namespace agent {

namespace {

constexpr std::size_t one = 1;
/// Of events in flight, each of which takes its size twice: itself and the request. The small ones
/// of all connections together take as much again at most.
constexpr std::size_t most_bytes = std::size_t{16} << 20;

/// Webhooks of that pace and of worse ones, all targets together. A further attempt of the same
/// webhook may be refused where its first would not be.
std::size_t most_of_all(Pace pace, std::size_t limit, bool first) {
    switch (pace) {
    case Pace::silent:
        return std::max(limit / 2, one);
    case Pace::slow:
        return std::max(first ? limit * 3 / 4 : limit * 5 / 8, one);
    case Pace::untried:
        return std::max(first ? limit - limit / 8 : limit * 5 / 8, one);
    case Pace::unproven:
        return limit - limit / 16;
    case Pace::moderate:
        return limit - limit / 32;
    case Pace::prompt:
        break;
    }
    return limit;
}

/// The same for the webhooks of one target.
std::size_t most_of_target(Pace pace, std::size_t limit) {
    switch (pace) {
    case Pace::silent:
        return std::max(limit / 2, one);
    case Pace::slow:
        return limit > 1 ? limit - std::max(limit / 4, one) : one;
    case Pace::untried:
        return limit - limit / 4;
    case Pace::unproven:
    case Pace::moderate:
    case Pace::prompt:
        break;
    }
    return limit;
}

/// Whether what better paces are left is kept: `most` for each pace that the claim counts towards.
template <class Most>
bool keeps_shares(const ConnectionUse& use, const ConnectionClaim& claim, Most most) {
    for (auto pace = static_cast<std::size_t>(claim.pace); pace < paces; ++pace) {
        if (use.up_to(static_cast<Pace>(pace)) >= most(static_cast<Pace>(pace))) {
            return false;
        }
    }
    return true;
}

std::size_t sum_up_to(const std::array<std::size_t, paces>& by_pace, Pace pace) {
    return std::accumulate(by_pace.begin(), by_pace.begin() + static_cast<std::ptrdiff_t>(pace) + 1,
                           std::size_t{0});
}

} // namespace

void ConnectionUse::add(Pace pace, std::size_t attempts, std::size_t retries, std::size_t bytes) {
    by_pace_[static_cast<std::size_t>(pace)] += attempts;
    bytes_by_pace_[static_cast<std::size_t>(pace)] += bytes;
    retries_ += retries;
}

std::size_t ConnectionUse::up_to(Pace pace) const {
    return sum_up_to(by_pace_, pace);
}

std::size_t ConnectionUse::bytes_up_to(Pace pace) const {
    return sum_up_to(bytes_by_pace_, pace);
}

bool all_allow(const ConnectionUse& all, std::size_t limit, const ConnectionClaim& claim) {
    return keeps_shares(all, claim, [&](Pace pace) {
        return most_of_all(pace, limit, pace != claim.pace || claim.held == 0);
    });
}

std::size_t slow_share(std::size_t limit) {
    return limit > 1 ? most_of_all(Pace::slow, limit, true) : 0;
}

std::size_t slow_excess(const ConnectionUse& all, std::size_t limit) {
    const auto share = slow_share(limit);
    return std::max(all.up_to(Pace::slow), share) - share;
}

bool memory_allows(const ConnectionUse& all, std::size_t limit, Pace pace, std::size_t bytes) {
    if (bytes <= most_bytes / limit || all.bytes_up_to(pace) == 0) {
        return true;
    }
    for (auto at = static_cast<std::size_t>(pace); at < paces; ++at) {
        const auto one_pace = static_cast<Pace>(at);
        if (all.bytes_up_to(one_pace) + bytes > most_of_all(one_pace, most_bytes, true)) {
            return false;
        }
    }
    return true;
}

bool target_allows(const ConnectionUse& target, std::size_t limit, std::size_t webhooks,
                   const ConnectionClaim& claim) {
    if (target.attempts() >= limit) {
        return false;
    }
    if (claim.retry && target.retries() >= std::max(limit - 1, one)) {
        return false;
    }
    return webhooks <= 1 ||
           (claim.held < std::max(limit / 2, one) &&
            keeps_shares(target, claim, [&](Pace pace) { return most_of_target(pace, limit); }));
}

std::size_t target_connections(std::uint64_t connections, std::uint64_t per_target) {
    const auto others = connections > 1 ? connections - 1 : 1;
    return static_cast<std::size_t>(std::max<std::uint64_t>(std::min(per_target, others), 1));
}

} // namespace agent

// ConnectionShare: how many connections the attempts of a webhook may take, of one target and of
// all, and how much memory their events. Webhooks whose attempts hold a connection for long leave
// some to the quicker ones, so that no number of them takes all. Pure.
#pragma once

#include "agent/delivery/hold_times.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace agent {

/// Attempts in flight.
class ConnectionUse {
  public:
    /// Attempts of one webhook; some of them may be retries. `bytes`: of their events.
    void add(Pace pace, std::size_t attempts, std::size_t retries, std::size_t bytes);
    [[nodiscard]] std::size_t attempts() const { return up_to(Pace::prompt); }
    /// Those of webhooks of that pace and of worse ones.
    [[nodiscard]] std::size_t up_to(Pace pace) const;
    [[nodiscard]] std::size_t bytes_up_to(Pace pace) const;
    [[nodiscard]] std::size_t retries() const { return retries_; }

  private:
    std::array<std::size_t, paces> by_pace_{};
    std::array<std::size_t, paces> bytes_by_pace_{};
    std::size_t retries_ = 0;
};

/// One more attempt of a webhook that has `held` in flight.
struct ConnectionClaim {
    Pace pace = Pace::untried;
    std::size_t held = 0;
    bool retry = false;
};

/// Whether it may start, as to the limit of all targets together.
bool all_allow(const ConnectionUse& all, std::size_t limit, const ConnectionClaim& claim);

/// How many of all connections slow and silent webhooks may keep while quicker ones wait with
/// nothing in flight. Of one, none.
std::size_t slow_share(std::size_t limit);

/// How many more connections slow and silent webhooks hold than they may take: those that turned
/// out to be slow only while they held one.
std::size_t slow_excess(const ConnectionUse& all, std::size_t limit);

/// As all_allow(), as to memory: whether an event of `bytes` may be in flight with the others.
/// Small ones always may, for the connections bound them; a large one may if it is the only one of
/// its pace.
bool memory_allows(const ConnectionUse& all, std::size_t limit, Pace pace, std::size_t bytes);

/// The same as to the limit of its target, which serves `webhooks`. Of several webhooks, none gets
/// more than half of it, and those that are slow or silent leave one connection to the others.
bool target_allows(const ConnectionUse& target, std::size_t limit, std::size_t webhooks,
                   const ConnectionClaim& claim);

/// How many of all `connections` one target may use: at most `per_target`, and where there is more
/// than one, it leaves one to the other targets.
std::size_t target_connections(std::uint64_t connections, std::uint64_t per_target);

} // namespace agent

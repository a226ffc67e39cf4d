// Target: what the lanes to one scheme, host and port have in common besides their connections.
// While none of them gets an answer, they share one probe. Loop thread; nothing survives a restart.
#pragma once

#include "agent/delivery/connection_share.hpp"
#include "agent/delivery/silence.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace agent {

struct Target {
    std::string origin;
    std::size_t webhooks = 0; ///< served now
    Silence silence{};        ///< its outage: nothing of it answers
    std::uint64_t probes = 0; ///< shared ones so far
    ConnectionUse use{};      ///< by its webhooks, as ConnectionBudget last counted it

    /// How long a lane whose last shared probe was number `last` (0: none) lets others go first
    /// with the next one, so that they take turns.
    [[nodiscard]] common::Millis probe_delay(std::uint64_t last) const;
};

} // namespace agent

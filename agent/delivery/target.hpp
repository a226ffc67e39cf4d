// Target: what the lanes to one scheme, host and port have in common besides their connections.
// While none of them gets an answer, they share one probe. Loop thread; nothing survives a restart.
#pragma once

#include "agent/delivery/silence.hpp"

#include <cstddef>
#include <string>

namespace agent {

struct Target {
    std::string origin;
    std::size_t webhooks = 0; ///< served now
    Silence silence{};        ///< its outage: nothing of it answers
    std::uint64_t probes = 0; ///< shared ones so far

    /// How long a lane whose last shared probe was number `last` (0: none) lets others go first
    /// with the next one, so that they take turns.
    [[nodiscard]] common::Millis probe_delay(std::uint64_t last) const;
};

} // namespace agent

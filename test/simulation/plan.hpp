// Plan: what a seed decides about a run before it begins: the configuration, and which kinds of
// fault it will meet how often. A run has some kinds and not others, for faults hide each other: a
// board whose disk always fails never gets far enough to lose a wake-up.
#pragma once

#include "test/simulation/ledger.hpp"
#include "test/simulation/random.hpp"

#include <array>
#include <string>

namespace simulation {

enum class Act {
    post,
    target,
    definition,
    server,
    person,
    reload,
    clock,
    disk,
    stall,
    kill,
    power,
    restart,
    damage,
    mislay,
    look,
    audit
};
inline constexpr std::size_t acts = 16;
const char* name_of(Act act);

struct Plan {
    std::array<double, acts> weights{}; ///< how often each is done
    common::Millis pace{0};             ///< between two acts, at most
    std::uint64_t length = 0;           ///< acts
    std::uint64_t quiet_from = 0;       ///< from that act on nobody sends events
    std::size_t webhooks = 0;
    std::size_t page_size = 3;
    double manner_fine = 0.5;   ///< how many of the changes of a target are for the better
    double lacking = 0.1;       ///< after how many of them the device lacks something
    std::size_t bulk = 0;       ///< bytes that make an event larger, at most
    std::size_t old_events = 0; ///< that wait in a database of version 1 when the run begins
    Terms terms;
    std::string ini;     ///< up to [queue], of which the path is missing
    std::string ini_end; ///< what follows after everything else

    /// `quiet`: nobody sends events.
    [[nodiscard]] Act next(Random& random, bool quiet) const;
};

Plan plan_of(Random& random);

} // namespace simulation

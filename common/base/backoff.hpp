// Backoff: how long to wait before a failed operation is tried again. Pure.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <functional>

namespace common {

/// Exponential with jitter: the n-th wait lies between half and all of min(initial·2^(n-1), max).
struct Backoff {
    Millis initial{1'000};
    Millis max{100'000};
    /// `n` counts from 1 and has no upper bound; `chance` in [0, 1) picks within the range. Never
    /// 0.
    [[nodiscard]] Millis wait(std::uint32_t n, double chance) const;
    /// All of it, without jitter.
    [[nodiscard]] Millis longest(std::uint32_t n) const;
};

/// Draws the `chance` of a wait.
using Chance = std::function<double()>;
/// Uniform in [0, 1), seeded by the system.
Chance random_chance();

} // namespace common

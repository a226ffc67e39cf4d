// Backoff: how long to wait before the next try of something that failed. Pure.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>

namespace common {

/// Exponential, with jitter: the n-th wait lies between half of and all of min(initial·2^(n-1), max).
struct Backoff {
    Millis initial{1'000};
    Millis max{100'000};
    /// `n` from 1, as large as you like; `chance` in [0, 1) decides within the range. Never 0.
    [[nodiscard]] Millis wait(std::uint32_t n, double chance) const;
};

} // namespace common

// The types of time. The time itself comes from Clock (common/async/clock.hpp).
#pragma once

#include <chrono>

namespace common {

using Millis = std::chrono::milliseconds;
/// Monotonic, with an unspecified epoch. All waits and timeouts are measured on it.
using Instant = std::chrono::steady_clock::time_point;
/// Only for what leaves the machine (webhook-timestamp, UUIDv7, JWT), never for waiting. It may
/// jump by years.
using WallTime = std::chrono::system_clock::time_point;

} // namespace common

// The names of time. Who tells it is Clock (common/clock.hpp).
#pragma once

#include <chrono>

namespace common {

using Millis = std::chrono::milliseconds;
/// Monotonic; the zero is anywhere. All waits and time-outs are measured on it.
using Instant = std::chrono::steady_clock::time_point;
/// Only for what leaves the machine (webhook-timestamp, UUIDv7, JWT) and never for waiting. It may
/// jump by years.
using WallTime = std::chrono::system_clock::time_point;

} // namespace common

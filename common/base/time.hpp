// The types of time, and how it is written. The time itself comes from Clock
// (common/async/clock.hpp). Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>
#include <string>

namespace common {

using Millis = std::chrono::milliseconds;
/// Monotonic, with an unspecified epoch. All waits and timeouts are measured on it.
using Instant = std::chrono::steady_clock::time_point;
/// Only for what leaves the machine (webhook-timestamp, UUIDv7, JWT), never for waiting. It may
/// jump by years.
using WallTime = std::chrono::system_clock::time_point;

/// As logs, JSON and metrics show a span.
inline double seconds(std::chrono::duration<double> span) {
    return span.count();
}

/// The wall clock of this device, as read at one moment.
struct DeviceTime {
    std::int64_t seconds = 0; ///< since 1970
    bool synchronised = false;
};

/// Seconds since 1970 of a date in UTC, with the fields of strptime(3), from the year 1400 to 9999.
/// As timegm(3), but also beyond 2038 on boards whose time_t has 32 bits.
std::int64_t seconds_of(const std::tm& utc);
/// That time, or the nearest one that there is: they are from 1677 to 2262.
WallTime wall_time(std::int64_t seconds_since_1970);
/// In UTC, in whole seconds: "2026-11-24T10:01:02Z".
std::string rfc3339(WallTime time);
/// The same as part of a file's name: "20261124T100102Z".
std::string file_stamp(WallTime time);

} // namespace common

// What this process takes of the system, as Linux tells it. Any thread.
#pragma once

#include "common/base/time.hpp"

#include <cstdint>
#include <optional>

namespace common {

struct ProcessUsage {
    double cpu_s = 0; ///< of all threads, user and system
    std::uint64_t resident_bytes = 0;
    std::uint64_t virtual_bytes = 0;
    std::optional<std::uint64_t> open_descriptors; ///< unknown where /proc cannot be listed
    std::uint64_t most_descriptors = 0;            ///< that it may open
    /// Since 1970, by the wall clock as it is now: it moves when that clock is set.
    double started_s = 0;
};

/// A few system calls. What /proc does not tell stays 0.
ProcessUsage process_usage(WallTime now);

} // namespace common

// How many bytes of events a lane may hold in memory. The rest waits on disk.
#pragma once

#include <algorithm>
#include <cstddef>

namespace agent {

/// For one of `lanes` lanes, and for its fresh deliveries and its due retries each. One event more
/// is held always, or a large one would never go out.
constexpr std::size_t lane_bytes(std::size_t lanes) {
    constexpr std::size_t one = std::size_t{8} << 20;
    constexpr std::size_t all = std::size_t{16} << 20;
    constexpr std::size_t least = std::size_t{128} << 10;
    return std::clamp(all / std::max<std::size_t>(lanes, 1), least, one);
}

} // namespace agent

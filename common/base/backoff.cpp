#include "common/base/backoff.hpp"

#include <algorithm>

namespace common {

Millis Backoff::wait(std::uint32_t n, double chance) const {
    const auto doublings = std::max<std::uint32_t>(n, 1) - 1;
    auto whole = std::max<std::int64_t>(max.count(), 1);
    if (doublings < 63 && initial.count() <= whole >> doublings) {
        whole = std::max<std::int64_t>(initial.count() << doublings, 1);
    }
    const auto half = whole - whole / 2;
    const auto drawn =
        half + static_cast<std::int64_t>(chance * static_cast<double>(whole - half + 1));
    return Millis{std::min(drawn, whole)};
}

} // namespace common

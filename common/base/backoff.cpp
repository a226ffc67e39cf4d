#include "common/base/backoff.hpp"

#include <algorithm>
#include <random>

namespace common {

Millis Backoff::longest(std::uint32_t n) const {
    const auto doublings = std::max<std::uint32_t>(n, 1) - 1;
    auto whole = std::max<std::int64_t>(max.count(), 1);
    if (doublings < 63 && initial.count() <= whole >> doublings) {
        whole = std::max<std::int64_t>(initial.count() << doublings, 1);
    }
    return Millis{whole};
}

Millis Backoff::wait(std::uint32_t n, double chance) const {
    const auto whole = longest(n).count();
    const auto half = whole - whole / 2;
    const auto drawn =
        half + static_cast<std::int64_t>(chance * static_cast<double>(whole - half + 1));
    return Millis{std::min(drawn, whole)};
}

Chance random_chance() {
    return [random = std::mt19937_64{std::random_device{}()}]() mutable {
        return std::uniform_real_distribution<double>{0, 1}(random);
    };
}

} // namespace common

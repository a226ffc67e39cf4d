#include "agent/delivery/target.hpp"

#include <algorithm>

namespace agent {

common::Millis Target::probe_delay(std::uint64_t last) const {
    constexpr std::uint64_t most = 200;
    const auto since = last == 0 ? webhooks : probes - last + 1;
    return common::Millis{std::min(webhooks - std::min<std::uint64_t>(since, webhooks), most)};
}

} // namespace agent

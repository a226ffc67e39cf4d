#include "agent/webhooks/event_arrivals.hpp"

#include <algorithm>

namespace agent {

using common::Millis;

void EventArrivals::note(common::Instant now) {
    if (last_) {
        longest_gap_ = std::max(longest_gap_, std::chrono::duration_cast<Millis>(now - *last_));
        ++gaps_;
    } else {
        first_ = now;
    }
    last_ = now;
}

std::optional<Millis> EventArrivals::usual_gap() const {
    return gaps_ == 0 ? std::nullopt
                      : std::optional{std::chrono::duration_cast<Millis>(*last_ - *first_) /
                                      static_cast<std::int64_t>(gaps_)};
}

} // namespace agent

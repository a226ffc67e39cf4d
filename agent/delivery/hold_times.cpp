#include "agent/delivery/hold_times.hpp"

#include <algorithm>
#include <chrono>

namespace agent {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds moderate{100};
constexpr milliseconds shortest{1};

} // namespace

void HoldTimes::started(common::Instant now) {
    in_flight_.insert(now);
    last_start_ = now;
}

void HoldTimes::ended(common::Instant start, common::Instant now) {
    withdrawn(start);
    last_end_ = now;
    held_ = std::max(held_.value_or(Span{0}) / 5 * 4, now - start);
}

void HoldTimes::withdrawn(common::Instant start) {
    if (const auto one = in_flight_.find(start); one != in_flight_.end()) {
        in_flight_.erase(one);
    }
}

std::optional<common::Instant> HoldTimes::oldest_start() const {
    return in_flight_.empty() ? std::nullopt : std::optional{*in_flight_.begin()};
}

std::optional<HoldTimes::Span> HoldTimes::expected(common::Instant now) const {
    const auto so_far = in_flight_.empty() ? Span{0} : now - *in_flight_.begin();
    // One that takes long tells as much before it ends.
    if (!held_ && so_far < slow) {
        return std::nullopt;
    }
    return std::max(held_.value_or(Span{0}), so_far);
}

Pace HoldTimes::pace(common::Instant now, bool silent) const {
    if (silent) {
        return Pace::silent;
    }
    const auto span = expected(now);
    return !span               ? Pace::untried
           : *span >= slow     ? Pace::slow
           : *span >= moderate ? Pace::moderate
                               : Pace::prompt;
}

double HoldTimes::urgency(common::Instant now) const {
    if (!last_start_) {
        // Coarse, so that all that were added at about the same time are equal.
        const auto waited = std::chrono::duration_cast<std::chrono::minutes>(now - since_);
        return 100.0 * static_cast<double>(1 + waited.count());
    }
    const auto span = std::max<Span>(expected(now).value_or(moderate), shortest);
    return static_cast<double>((now - *last_start_).count()) / static_cast<double>(span.count());
}

} // namespace agent

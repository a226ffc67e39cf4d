#include "agent/event_list/refusals.hpp"

#include <algorithm>

namespace agent {

namespace {

constexpr common::Millis once_a{1'000};
constexpr common::Millis warning_interval{60'000};

} // namespace

void Refusals::add(RefusedRequest refused, std::uint64_t& last, std::size_t most) {
    const auto same = std::ranges::find_if(all_, [&](const RefusedRequest& one) {
        return one.status == refused.status && one.detail == refused.detail &&
               one.from == refused.from;
    });
    if (same != all_.end()) {
        refused.times += same->times;
        if (refused.instant - same->instant < once_a) {
            same->times = refused.times;
            return;
        }
        all_.erase(same);
    }
    refused.seq = ++last;
    all_.push_back(std::move(refused));
    while (all_.size() > most) {
        all_.pop_front();
    }
}

std::optional<Refusals::Warning> Refusals::warning(common::Instant now) {
    if (warned_at_ && now - *warned_at_ < warning_interval) {
        ++not_logged_;
        return std::nullopt;
    }
    warned_at_ = now;
    return Warning{std::exchange(not_logged_, 0)};
}

} // namespace agent

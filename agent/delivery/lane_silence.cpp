#include "agent/delivery/lane_silence.hpp"

#include <algorithm>

namespace agent {

using common::Instant;
using common::Millis;

Instant LaneSilence::probe_at() const {
    const auto& shared = target_->silence.outage();
    return shared ? shared->probe_at + target_->probe_delay(last_probe_) : own_.outage()->probe_at;
}

bool LaneSilence::probing() const {
    const auto& shared = target_->silence.outage();
    return own_.outage()->probing || (shared && shared->probing);
}

std::optional<Millis> LaneSilence::probe_in(Instant now) const {
    if (!own_.outage()) {
        return std::nullopt;
    }
    return probing() ? Millis{0} : std::max(std::chrono::ceil<Millis>(probe_at() - now), Millis{0});
}

LaneSilence::Start LaneSilence::attempt_starts(bool probe) {
    const bool shared = probe && target_->silence.outage();
    const Start start{own_.answers(), target_->silence.answers(), own_.outage().has_value(), probe,
                      shared};
    if (probe) {
        own_.probe_started();
    }
    if (shared) {
        target_->silence.probe_started();
        last_probe_ = ++target_->probes;
    }
    return start;
}

bool LaneSilence::answered() {
    own_.answered();
    return target_->silence.answered();
}

bool LaneSilence::not_answered(const Start& start, Instant now, const common::Backoff& backoff,
                               double chance) {
    target_->silence.not_answered(start.target_answers, start.shared_probe, now, backoff, chance);
    return own_.not_answered(start.answers, start.probe, now, backoff, chance) && start.silent;
}

void LaneSilence::withdrawn(const Start& start) {
    if (start.probe) {
        own_.probe_withdrawn();
    }
    if (start.shared_probe) {
        target_->silence.probe_withdrawn();
    }
}

void LaneSilence::probe_now(Instant now) {
    own_.probe_at(now);
    target_->silence.probe_at(now);
}

void LaneSilence::probe_own_now(Instant now) {
    own_.probe_at(now);
}

} // namespace agent

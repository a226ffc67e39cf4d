#include "agent/delivery/silence.hpp"

namespace agent {

bool Silence::answered() {
    ++answers_;
    const bool over = outage_.has_value();
    outage_.reset();
    return over;
}

bool Silence::not_answered(std::uint64_t answers, bool probe, common::Instant now,
                           const common::Backoff& backoff, double chance) {
    if (answers != answers_) {
        return false;
    }
    if (!outage_) {
        outage_ = Outage{1, now + backoff.wait(1, chance), false};
    } else if (probe) {
        ++outage_->failures;
        outage_->probe_at = now + backoff.wait(outage_->failures, chance);
        outage_->probing = false;
    }
    return true;
}

void Silence::probe_started() {
    if (outage_) {
        outage_->probing = true;
    }
}

void Silence::probe_withdrawn() {
    if (outage_) {
        outage_->probing = false;
    }
}

void Silence::probe_at(common::Instant when) {
    if (outage_) {
        outage_->probe_at = when;
    }
}

} // namespace agent

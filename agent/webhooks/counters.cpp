#include "agent/webhooks/counters.hpp"

#include "agent/webhooks/delivery.hpp"

#include <numeric>

namespace agent {

void WebhookCounters::count(const Outcome& outcome, common::Millis age) {
    ++attempts.at(static_cast<std::size_t>(outcome.attempt));
    if (outcome.kind == Outcome::Kind::delivered) {
        latency.observe(common::seconds(age));
    }
}

std::uint64_t WebhookCounters::failed() const {
    return std::accumulate(attempts.begin(), attempts.end(), std::uint64_t{0}) - delivered();
}

void WebhookCounters::note(const Outcome& outcome, common::Instant now) {
    last_error = outcome.error;
    own_fault = false;
    if (outcome.kind == Outcome::Kind::delivered) {
        last_success = now;
        failing_since.reset();
        return;
    }
    failing_since = failing_since.value_or(now);
    if (outcome.kind == Outcome::Kind::dead) {
        last_death = outcome.error;
        died_at = now;
    }
}

void WebhookCounters::not_attempted(const std::string& error, common::Instant now) {
    last_error = error;
    own_fault = true;
    failing_since = failing_since.value_or(now);
}

} // namespace agent

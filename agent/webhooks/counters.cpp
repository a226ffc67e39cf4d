#include "agent/webhooks/counters.hpp"

#include "agent/webhooks/delivery.hpp"

namespace agent {

void WebhookCounters::count(const Outcome& outcome) {
    ++(outcome.kind == Outcome::Kind::delivered ? delivered : failed);
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

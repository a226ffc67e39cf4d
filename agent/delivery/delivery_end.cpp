#include "agent/delivery/delivery_end.hpp"

#include "agent/webhooks/test_event.hpp"

namespace agent {

bool is_expired(const Delivery& delivery, const Webhook& webhook, std::int64_t now) {
    const auto max_age = is_test_event(delivery.event_id) ? test_age : webhook.settings.max_age;
    return max_age > common::Millis{0} && now - delivery.accepted_at > max_age.count();
}

RecordedOutcome expiry_of(const Delivery& delivery) {
    RecordedOutcome recorded;
    recorded.id = delivery.id;
    recorded.webhook = delivery.webhook;
    recorded.attempts = delivery.attempts;
    recorded.expired = true;
    recorded.test = is_test_event(delivery.event_id);
    return recorded;
}

RecordedOutcome record_of(const Delivery& delivery, const Outcome& outcome) {
    RecordedOutcome recorded;
    recorded.id = delivery.id;
    recorded.webhook = delivery.webhook;
    recorded.kind = outcome.kind;
    recorded.attempts = delivery.attempts + 1;
    recorded.status = outcome.status;
    recorded.error = outcome.error;
    recorded.test = is_test_event(delivery.event_id);
    return recorded;
}

} // namespace agent

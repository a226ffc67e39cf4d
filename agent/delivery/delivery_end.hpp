// How a delivery ends, or goes on, as the queue records it; and when it is too old. Pure.
#pragma once

#include "agent/store/rows.hpp"
#include "agent/webhooks/delivery.hpp"

#include <cstdint>

namespace agent {

/// Whether max_age has passed, or the minute that a test has. `now`: queue time.
bool is_expired(const Delivery& delivery, const Webhook& webhook, std::int64_t now);

/// Without an attempt: it is expired.
RecordedOutcome expiry_of(const Delivery& delivery);

/// The outcome of an attempt; when a retry is due, and what the attempt took, is left to the
/// caller.
RecordedOutcome record_of(const Delivery& delivery, const Outcome& outcome);

} // namespace agent

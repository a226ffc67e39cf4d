// Delivery: one event owed to one webhook; the request that an attempt makes of it, and what its
// outcome means. Pure.
#pragma once

#include "agent/webhooks/webhook.hpp"
#include "common/base/backoff.hpp"
#include "common/base/result.hpp"
#include "common/net/http.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace agent {

/// What is held in memory of a delivery while its lane has it.
struct Delivery {
    std::int64_t id = 0; ///< row; larger is later
    std::string webhook; ///< key
    std::string event_id;
    std::shared_ptr<const std::string> event; ///< the event's own bytes
    std::uint32_t attempts = 0;               ///< made before this one
    std::int64_t accepted_at = 0;             ///< queue time in ms (Queue::queue_time)
};

/// Standard Webhooks 1.0, webhook-id: made from webhook key, event id and bytes, so it is the same
/// for each attempt.
std::string webhook_id(const Delivery& delivery);

/// The request of attempt `attempt` (from 1), signed as Standard Webhooks 1.0 has it. `wall_s` is
/// this attempt's webhook-timestamp. User and password of the target go into Authorization, unless
/// the settings bring one, and leave the request's URL.
common::HttpRequest make_request(const Webhook& webhook, const Delivery& delivery,
                                 std::uint32_t attempt, std::int64_t wall_s);

/// What an attempt came to.
struct Outcome {
    enum class Kind { delivered, retry, dead } kind = Kind::retry;
    common::Millis wait{0}; ///< for retry: how long this delivery waits by itself
    bool answered = false;  ///< there was an HTTP answer
    unsigned status = 0;    ///< of the answer
    std::string
        error; ///< "503 Service Unavailable", "connect: connection refused"; empty when delivered
};

/// `attempt` counts this one. `webhook.send_attempts` failed attempts make a dead letter.
/// Retry-After (RFC 9110 section 10.2.3: seconds, or a date, which is judged against the answer's
/// own Date and ignored without one) takes the place of a backoff that is shorter: it says how long
/// to wait at least. At most one hour.
Outcome judge_reply(const common::Result<common::HttpReply>& reply, std::uint32_t attempt,
                    const Webhook& webhook, const common::Backoff& backoff, double chance);

} // namespace agent

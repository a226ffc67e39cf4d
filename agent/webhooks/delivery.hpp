// Delivery: one event owed to one webhook, the request of an attempt, and what the reply means.
// Pure.
#pragma once

#include "agent/webhooks/attempt_class.hpp"
#include "agent/webhooks/webhook.hpp"
#include "common/base/backoff.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"
#include "common/net/http.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace agent {

/// The part of a delivery that its lane holds in memory.
struct Delivery {
    std::int64_t id = 0; ///< of the row; increasing
    std::string webhook; ///< key
    std::string event_id;
    std::shared_ptr<const std::string> event; ///< the event's own bytes
    std::uint32_t attempts = 0;               ///< made so far
    std::int64_t accepted_at = 0;             ///< queue time in ms (Queue::queue_time)
};

/// The webhook-id of Standard Webhooks 1.0: a digest of webhook key, event id and event bytes,
/// hence the same for each attempt.
std::string webhook_id(const Delivery& delivery);

/// The headers by which agents know each other's requests. `ffl-via`: the agent_id of the sender;
/// an agent that meets its own has been made to post to itself. `ffl-event-id`: the id that the
/// first agent gave to an event without one; it stays the event's id on its way through others, so
/// that an event that comes back is a duplicate there and goes around no second time.
inline constexpr std::string_view via_header = "ffl-via";
inline constexpr std::string_view event_id_header = "ffl-event-id";

/// Marks a test event: `ffl-test: 1`.
inline constexpr std::string_view test_header = "ffl-test";

/// The request of attempt `attempt` (from 1), signed as in Standard Webhooks 1.0. `wall_s` becomes
/// its webhook-timestamp. User and password move from the target's URL into Authorization, unless
/// the settings contain one. The last attempt uses a new connection.
common::HttpRequest make_request(const Webhook& webhook, const Delivery& delivery,
                                 std::uint32_t attempt, std::int64_t wall_s);

/// The result of an attempt.
struct Outcome {
    /// own_fault: no attempt was made, because this side could not make it. The delivery is as it
    /// was before, and nothing is known about the target.
    enum class Kind { delivered, retry, dead, own_fault } kind = Kind::retry;
    common::Millis wait{0}; ///< for a retry: how long this delivery waits at least
    bool answered = false;  ///< there was an HTTP answer
    unsigned status = 0;    ///< of the answer
    /// "503 Service Unavailable", "connect: connection refused"; empty if delivered.
    std::string error;
    AttemptClass attempt = AttemptClass::other;
};

/// Decides the outcome of attempt `attempt` (from 1). After `webhook.send_attempts` failed attempts
/// the delivery is dead. A retry_after() can only lengthen the backoff. `chance` in [0, 1) decides
/// the jitter. While the clock is not synchronised, a certificate that is not valid now is a fault
/// of this side, like a shortage or a bad TLS file.
Outcome judge_reply(const common::Result<common::HttpReply>& reply, std::uint32_t attempt,
                    const Webhook& webhook, const common::Backoff& backoff, double chance,
                    const common::DeviceTime& now);

} // namespace agent

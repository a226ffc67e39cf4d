// What the event list keeps of an accepted event and of a refused request. Plain values.
#pragma once

#include "agent/event_list/kept_text.hpp"
#include "agent/webhooks/webhook.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace agent {

/// What has become of one delivery.
struct ListedDelivery {
    enum class State : std::uint8_t { waiting, delivered, dead, expired, dropped };
    /// Why, where no attempt decided it.
    enum class Cause : std::uint8_t {
        none,
        webhook_removed,
        by_operator,
        drop_oldest,    ///< to make space for new events
        dead_forgotten, ///< as a dead letter, for its age or to make space
    };
    const Webhook* webhook = nullptr; ///< in the event's snapshot
    State state = State::waiting;
    Cause cause = Cause::none;
    std::uint16_t status = 0;   ///< of the last answer; 0: none
    std::uint32_t attempts = 0; ///< made so far
    std::uint32_t took_ms = 0;  ///< the last attempt
    /// waiting: queue time of the next attempt; delivered: ms since the event was accepted.
    std::int64_t when = 0;
};

struct ListedAttempt {
    common::WallTime at;
    unsigned status = 0;
    std::string error;
    std::uint32_t took_ms = 0;
};
inline constexpr std::size_t listed_attempts = 20; ///< failed ones kept of each delivery
/// The failed attempts of an event, by the place of the delivery.
using ListedFailures = std::map<std::uint32_t, std::vector<ListedAttempt>>;

/// A delivery that a cooldown kept back.
struct SuppressedDelivery {
    const Webhook* webhook = nullptr;
    std::int64_t until = 0; ///< queue time
};

struct ListedEvent {
    std::uint64_t seq = 0; ///< increasing; until it is in the list, its place in the request
    common::WallTime at;
    common::Instant instant;
    std::int64_t accepted_at = 0; ///< queue time
    KeptText text;
    std::shared_ptr<const Snapshot> snapshot; ///< that it was matched against
    std::int64_t row = 0;                     ///< in the queue; 0: no deliveries
    bool duplicate = false;
    bool test = false;
    std::vector<ListedDelivery> deliveries; ///< by their place in the row; in the snapshot's order
    std::vector<SuppressedDelivery> suppressed; ///< in the snapshot's order
    std::size_t bytes = 0;                      ///< what all of it takes, roughly
    std::unique_ptr<ListedFailures> failures;
};

/// Requests that were refused alike.
struct RefusedRequest {
    std::uint64_t seq = 0;
    common::WallTime at; ///< the last one
    common::Instant instant;
    unsigned status = 0;
    std::string detail;
    std::string from; ///< "127.0.0.1", "socket"
    std::uint64_t times = 1;
};

} // namespace agent

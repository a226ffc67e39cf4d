// Counters: what the moving parts count and remember for people, in memory since the start of the
// process. Plain data, loop thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace agent {

struct WebhookCounters {
    std::uint64_t matched = 0;
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0; ///< attempts
    std::uint64_t dead = 0;   ///< deliveries that became dead letters
    std::uint64_t expired = 0;
    std::uint64_t suppressed = 0; ///< by cooldown
    std::uint64_t dropped = 0;    ///< to make room (queue.when_full = drop_oldest)
    std::string last_error;       ///< of the target; empty after a delivery
};

struct ServerStatus {
    enum class State { standalone, starting, ok, failing } state = State::starting;
    std::optional<std::chrono::system_clock::time_point> last_sync; ///< last good list
    std::string last_error; ///< empty when the last fetch was good
    std::uint64_t failures = 0;
};

struct Counters {
    std::map<std::string, WebhookCounters> webhooks; ///< by key
    ServerStatus server;
    std::uint64_t events_accepted = 0;
    std::uint64_t events_duplicate = 0;
    std::uint64_t events_rejected = 0;
};

} // namespace agent

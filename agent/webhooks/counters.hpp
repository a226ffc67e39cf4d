// Counters: what is counted and remembered for the status and the metrics, in memory since the
// start of the process. Plain data, loop thread.
#pragma once

#include "agent/webhooks/event_arrivals.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace agent {

struct Outcome;

struct WebhookCounters {
    /// An attempt was made.
    void note(const Outcome& outcome, common::Instant now);
    /// What note() leaves out: the numbers, which tests do not change.
    void count(const Outcome& outcome);
    /// This device could not make one.
    void not_attempted(const std::string& error, common::Instant now);

    std::uint64_t matched = 0;    ///< events; Ingest, after their commit
    std::uint64_t delivered = 0;  ///< deliveries; Lane
    std::uint64_t failed = 0;     ///< attempts; Lane
    std::uint64_t dead = 0;       ///< deliveries that became dead letters; QueueCounts
    std::uint64_t expired = 0;    ///< deliveries older than max_age; QueueCounts
    std::uint64_t suppressed = 0; ///< deliveries, by a cooldown; Admission
    std::uint64_t dropped = 0;    ///< deliveries, to make space (drop_oldest); QueueCounts
    std::string last_error;       ///< of the last attempt, empty if it delivered; Lane
    bool own_fault = false;       ///< that attempt could not be made by this device; Lane
    std::optional<common::Instant> last_success;  ///< the last attempt that delivered; Lane
    std::optional<common::Instant> failing_since; ///< the first failure after it; Lane
    std::string last_death; ///< why the newest dead letter since the start became one; Lane
    std::optional<common::Instant> died_at; ///< and when
};

/// Written by Sync.
struct ServerStatus {
    enum class State { standalone, starting, ok, failing } state = State::starting;
    std::optional<std::chrono::system_clock::time_point> last_sync; ///< last good list
    std::string last_error;                           ///< empty if the last fetch was good
    std::uint64_t failures = 0;                       ///< failed fetches
    common::Fault fault = common::Fault::unreachable; ///< of last_error
    std::optional<common::Instant> failing_since; ///< the first of those since the last good one
};

struct Counters {
    std::map<std::string, WebhookCounters> webhooks; ///< by key
    ServerStatus server;
    std::uint64_t events_accepted = 0;  ///< without duplicates; Ingest
    std::uint64_t events_duplicate = 0; ///< Ingest
    std::uint64_t events_rejected = 0;  ///< Ingest
    EventArrivals arrivals;             ///< of accepted events, duplicates included; Ingest
};

} // namespace agent

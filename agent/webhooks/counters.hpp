// Counters: what is counted and remembered for the status and the metrics, in memory since the
// start of the process. Plain data, loop thread.
#pragma once

#include "agent/webhooks/attempt_class.hpp"
#include "agent/webhooks/event_arrivals.hpp"
#include "agent/webhooks/reject_reason.hpp"
#include "common/base/histogram.hpp"
#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace agent {

struct Outcome;

/// The bounds of the histograms, in seconds where they measure time.
namespace bounds {
inline constexpr std::array latency{0.05, 0.1, 0.25, 0.5,  1.0,   2.5,
                                    5.0,  10., 30.0, 60.0, 300.0, 1800.0};
inline constexpr std::array attempt{0.005, 0.01, 0.025, 0.05, 0.1,  0.25,
                                    0.5,   1.0,  2.5,   5.0,  10.0, 30.0};
inline constexpr std::array commit{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                   0.1,   0.25,   0.5,   1.0,  2.5,   5.0};
inline constexpr auto ingest = commit; // which is most of it
inline constexpr std::array commit_events{1.0,  2.0,   5.0,   10.0,  25.0,
                                          50.0, 100.0, 250.0, 500.0, 1000.0};
} // namespace bounds

struct WebhookCounters {
    /// An attempt was made.
    void note(const Outcome& outcome, common::Instant now);
    /// What note() leaves out: the numbers, which tests do not change. `age`: of the event.
    void count(const Outcome& outcome, common::Millis age);
    /// This device could not make one.
    void not_attempted(const std::string& error, common::Instant now);

    /// Deliveries: each ends with one 2xx.
    [[nodiscard]] std::uint64_t delivered() const {
        return attempts.at(static_cast<std::size_t>(AttemptClass::success));
    }
    /// Attempts.
    [[nodiscard]] std::uint64_t failed() const;

    std::uint64_t matched = 0;                             ///< events; Ingest, after their commit
    std::array<std::uint64_t, attempt_classes> attempts{}; ///< by AttemptClass; Lane
    common::Histogram latency{bounds::latency}; ///< from an event's acceptance to its 2xx; Lane
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
    std::uint64_t refused_logins = 0;                 ///< of them, those that the server refused
    common::Fault fault = common::Fault::unreachable; ///< of last_error
    std::optional<common::Instant> failing_since; ///< the first of those since the last good one
};

/// Deliveries that left the queue without a 2xx and did not expire, beside those of drop_oldest.
struct DropCounters {
    std::uint64_t by_operator = 0;    ///< Upkeep
    std::uint64_t dead_forgotten = 0; ///< dead letters, for age or room; Upkeep, GroupAdmission
};

/// Written by Core.
struct ReloadCounters {
    std::uint64_t good = 0, bad = 0;
    std::optional<common::WallTime> last_good; ///< the start counts as one
};

struct Counters {
    void reject(RejectReason reason, std::uint64_t events) {
        events_rejected.at(static_cast<std::size_t>(reason)) += events;
    }

    std::map<std::string, WebhookCounters> webhooks; ///< by key
    ServerStatus server;
    DropCounters dropped;
    ReloadCounters reloads;
    std::uint64_t events_accepted = 0;  ///< duplicates included; Ingest
    std::uint64_t events_duplicate = 0; ///< Ingest
    /// By RejectReason. A request that was refused before it was read counts as one event; Ingest,
    /// note_refusal()
    std::array<std::uint64_t, reject_reasons> events_rejected{};
    EventArrivals arrivals;                     ///< of accepted events, duplicates included; Ingest
    common::Histogram ingest{bounds::ingest};   ///< from a request that was read to its 202; Ingest
    common::Histogram attempt{bounds::attempt}; ///< how long attempts took; Lane
    common::Histogram commit{bounds::commit};   ///< how long transactions took; Committer
    common::Histogram commit_events{bounds::commit_events}; ///< in those with any; Committer
};

} // namespace agent

// What a lane may do in each situation, and that it wakes exactly when that changes.
#include "agent/delivery/lane_plan.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace agent {
namespace {

using common::Instant;
using Change = void (*)(LaneSituation&);

const Instant now{std::chrono::hours{1000}};
const Instant past = now - std::chrono::seconds{5};

Instant in(int seconds) {
    return now + std::chrono::seconds{seconds};
}

/// A lane with free connections and nothing to do.
LaneSituation idle() {
    LaneSituation lane;
    lane.now = now;
    lane.connections = 4;
    return lane;
}

/// "fresh read", "retries read", "fresh", "retry", "wake N": what the plan says, in this order.
std::string words(const LanePlan& plan) {
    std::string text;
    const auto add = [&](bool yes, const std::string& word) {
        text += yes ? (text.empty() ? "" : ", ") + word : "";
    };
    add(plan.read_fresh, "read fresh");
    add(plan.read_retries, "read retries");
    add(plan.start_fresh, "start fresh");
    add(plan.start_retry, "start retry");
    if (plan.wake_at) {
        const auto span = std::chrono::duration_cast<std::chrono::seconds>(*plan.wake_at - now);
        add(true, "wake in " + std::to_string(span.count()));
    }
    return text;
}

struct Row {
    const char* name;
    Change change;
    const char* plan;
};

void unreachable(LaneSituation& lane, Instant probe_at, bool probing = false) {
    lane.unreachable = true;
    lane.probe_at = probe_at;
    lane.probing = probing;
}

void in_flight(LaneSituation& lane, std::size_t fresh, std::size_t retries) {
    lane.in_flight = fresh + retries;
    lane.fresh_in_flight = fresh;
}

const std::vector<Row> rows{
    {"nothing to do", [](LaneSituation&) {}, ""},
    {"an idle lane does not wake for times that mean nothing to it",
     [](LaneSituation& lane) {
         lane.read_fresh_at = in(1);
         lane.read_retries_at = in(2);
         lane.probe_at = in(3);
     },
     ""},

    {"fresh ones on disk", [](LaneSituation& lane) { lane.wants_fresh = true; }, "read fresh"},
    {"the last read of fresh ones failed",
     [](LaneSituation& lane) {
         lane.wants_fresh = true;
         lane.read_fresh_at = in(1);
     },
     "wake in 1"},
    {"fresh ones on disk while the target is unreachable",
     [](LaneSituation& lane) {
         lane.wants_fresh = true;
         unreachable(lane, in(9));
     },
     "read fresh"},

    {"a due retry on disk", [](LaneSituation& lane) { lane.next_retry = past; }, "read retries"},
    {"a retry due right now", [](LaneSituation& lane) { lane.next_retry = now; }, "read retries"},
    {"a retry due later", [](LaneSituation& lane) { lane.next_retry = in(7); }, "wake in 7"},
    {"a due retry, but a read too recent",
     [](LaneSituation& lane) {
         lane.next_retry = past;
         lane.read_retries_at = in(2);
     },
     "wake in 2"},
    {"a retry due before the next read may be",
     [](LaneSituation& lane) {
         lane.next_retry = in(1);
         lane.read_retries_at = in(2);
     },
     "wake in 2"},
    {"a retry due after the next read may be",
     [](LaneSituation& lane) {
         lane.next_retry = in(3);
         lane.read_retries_at = in(2);
     },
     "wake in 3"},
    {"a due retry on disk, the probe later",
     [](LaneSituation& lane) {
         lane.next_retry = past;
         unreachable(lane, in(5));
     },
     "wake in 5"},
    {"a due retry on disk, the probe now",
     [](LaneSituation& lane) {
         lane.next_retry = past;
         unreachable(lane, now);
     },
     "read retries"},
    {"a due retry on disk, the probe in flight",
     [](LaneSituation& lane) {
         lane.next_retry = past;
         unreachable(lane, past, true);
         in_flight(lane, 0, 1);
     },
     ""},
    {"a due retry on disk, one in memory for the probe",
     [](LaneSituation& lane) {
         lane.next_retry = past;
         lane.has_retry = true;
         unreachable(lane, in(5));
     },
     "wake in 5"},
    {"a retry due after the probe",
     [](LaneSituation& lane) {
         lane.next_retry = in(8);
         unreachable(lane, in(5));
     },
     "wake in 8"},

    {"a fresh one in memory", [](LaneSituation& lane) { lane.has_fresh = true; }, "start fresh"},
    {"a fresh one, all but one connection taken",
     [](LaneSituation& lane) {
         lane.has_fresh = true;
         in_flight(lane, 0, 3);
     },
     "start fresh"},
    {"a fresh one, no connection free",
     [](LaneSituation& lane) {
         lane.has_fresh = true;
         in_flight(lane, 2, 2);
     },
     ""},
    {"more in flight than the limit that a reload has lowered",
     [](LaneSituation& lane) {
         lane.has_fresh = lane.has_retry = true;
         lane.connections = 1;
         in_flight(lane, 2, 2);
     },
     ""},
    {"a fresh one, the target unreachable",
     [](LaneSituation& lane) {
         lane.has_fresh = true;
         unreachable(lane, in(5));
     },
     "start fresh"},
    {"a second fresh one, the target unreachable",
     [](LaneSituation& lane) {
         lane.has_fresh = true;
         unreachable(lane, in(5));
         in_flight(lane, 1, 0);
     },
     ""},
    {"a fresh one beside the probe",
     [](LaneSituation& lane) {
         lane.has_fresh = true;
         unreachable(lane, past, true);
         in_flight(lane, 0, 1);
     },
     "start fresh"},

    {"a retry in memory", [](LaneSituation& lane) { lane.has_retry = true; }, "start retry"},
    {"a fresh one and a retry", [](LaneSituation& lane) { lane.has_fresh = lane.has_retry = true; },
     "start fresh, start retry"},
    {"a retry, two others in flight",
     [](LaneSituation& lane) {
         lane.has_retry = true;
         in_flight(lane, 0, 2);
     },
     "start retry"},
    {"a retry, three others in flight: the last connection is for fresh ones",
     [](LaneSituation& lane) {
         lane.has_retry = true;
         in_flight(lane, 0, 3);
     },
     ""},
    {"a retry beside fresh ones",
     [](LaneSituation& lane) {
         lane.has_retry = true;
         in_flight(lane, 3, 0);
     },
     "start retry"},
    {"a retry on the only connection",
     [](LaneSituation& lane) {
         lane.has_retry = true;
         lane.connections = 1;
     },
     "start retry"},
    {"a retry, the target unreachable",
     [](LaneSituation& lane) {
         lane.has_retry = true;
         unreachable(lane, in(5));
     },
     "wake in 5"},
    {"a retry as the probe, now",
     [](LaneSituation& lane) {
         lane.has_retry = true;
         unreachable(lane, now);
     },
     "start retry"},
    {"a retry, the probe in flight",
     [](LaneSituation& lane) {
         lane.has_retry = true;
         unreachable(lane, past, true);
         in_flight(lane, 0, 1);
     },
     ""},
    {"a probe, no connection free: the end of an attempt wakes the lane",
     [](LaneSituation& lane) {
         lane.has_retry = true;
         lane.connections = 1;
         unreachable(lane, in(5));
         in_flight(lane, 1, 0);
     },
     ""},
    {"a fresh one that waits for a connection does not hide the probe",
     [](LaneSituation& lane) {
         lane.has_fresh = lane.has_retry = true;
         unreachable(lane, in(5));
     },
     "start fresh, wake in 5"},

    {"the earliest of several times",
     [](LaneSituation& lane) {
         lane.wants_fresh = true;
         lane.read_fresh_at = in(4);
         lane.next_retry = in(3);
     },
     "wake in 3"},
    {"the others are not forgotten over what may be done now",
     [](LaneSituation& lane) {
         lane.wants_fresh = lane.has_retry = true;
         lane.read_fresh_at = in(4);
         lane.next_retry = in(6);
     },
     "start retry, wake in 4"},
    {"no webhooks: nothing at all",
     [](LaneSituation& lane) {
         lane.serving = false;
         lane.wants_fresh = lane.has_fresh = lane.has_retry = true;
         lane.next_retry = in(3);
         unreachable(lane, in(5));
     },
     ""},
};

TEST(LanePlan, SaysWhatALaneMayDoAndWhenItLooksAgain) {
    for (const auto& row : rows) {
        auto lane = idle();
        row.change(lane);
        EXPECT_EQ(words(make_plan(lane)), row.plan) << row.name;
    }
}

/// What may be done at `when`, if nothing but time passes.
LanePlan possible(LaneSituation lane, Instant when) {
    lane.now = when;
    auto plan = make_plan(lane);
    plan.wake_at.reset();
    return plan;
}

/// Nothing changes before wake_at, something does at it, and without a wake_at nothing ever does.
bool wakes_in_time(const LaneSituation& lane) {
    const auto plan = make_plan(lane);
    const auto at_first = possible(lane, lane.now);
    for (int tenths = 0; tenths <= 600; tenths += 5) {
        const auto when = now + std::chrono::milliseconds{100 * tenths};
        const bool slept = !plan.wake_at || when < *plan.wake_at;
        if (slept && possible(lane, when) != at_first) {
            return false;
        }
    }
    return !plan.wake_at || (*plan.wake_at > lane.now && possible(lane, *plan.wake_at) != at_first);
}

std::string describe(const LaneSituation& lane) {
    const auto time = [](Instant when) {
        return std::to_string(std::chrono::duration<double>(when - now).count());
    };
    return "serving " + std::to_string(lane.serving) + ", in flight " +
           std::to_string(lane.fresh_in_flight) + " of " + std::to_string(lane.in_flight) + "/" +
           std::to_string(lane.connections) + ", has " + std::to_string(lane.has_fresh) +
           std::to_string(lane.has_retry) + ", wants fresh " + std::to_string(lane.wants_fresh) +
           " at " + time(lane.read_fresh_at) + ", next retry " +
           (lane.next_retry ? time(*lane.next_retry) : "none") + " at " +
           time(lane.read_retries_at) + ", unreachable " + std::to_string(lane.unreachable) +
           std::to_string(lane.probing) + " until " + time(lane.probe_at);
}

TEST(LanePlan, NeverSleepsPastAChangeAndNeverWakesForNothing) {
    std::size_t sleeping = 0;
    std::size_t waking = 0;
    const auto check = [&](const LaneSituation& lane) {
        ++(make_plan(lane).wake_at ? waking : sleeping);
        return wakes_in_time(lane);
    };
    for (unsigned bits = 0; bits < 64; ++bits) {
        auto lane = idle();
        lane.serving = (bits & 1U) == 0;
        lane.has_fresh = (bits & 2U) != 0;
        lane.has_retry = (bits & 4U) != 0;
        lane.wants_fresh = (bits & 8U) != 0;
        lane.unreachable = (bits & 16U) != 0;
        lane.probing = (bits & 32U) != 0;
        for (const auto [connections, fresh, retries] :
             {std::array{1, 0, 0}, {1, 0, 1}, {1, 1, 0}, {3, 1, 1}, {3, 0, 2}, {3, 0, 3}}) {
            lane.connections = static_cast<std::size_t>(connections);
            in_flight(lane, static_cast<std::size_t>(fresh), static_cast<std::size_t>(retries));
            for (const auto read_fresh_at : {past, in(15)}) {
                lane.read_fresh_at = read_fresh_at;
                for (const auto next_retry :
                     {std::optional<Instant>{}, std::optional{past}, std::optional{in(10)}}) {
                    lane.next_retry = next_retry;
                    for (const auto read_retries_at : {past, in(5), in(20)}) {
                        lane.read_retries_at = read_retries_at;
                        for (const auto probe_at : {past, in(7), in(30)}) {
                            lane.probe_at = probe_at;
                            ASSERT_TRUE(check(lane)) << describe(lane);
                        }
                    }
                }
            }
        }
    }
    EXPECT_GT(sleeping, 1'000U);
    EXPECT_GT(waking, 1'000U);
}

TEST(LanePlan, ALaneLeavesAConnectionToTheOthers) {
    struct Limits {
        std::uint64_t connections, per_target;
        std::size_t lane;
    };
    for (const auto& row : {Limits{64, 4, 4}, Limits{4, 4, 3}, Limits{2, 4, 1}, Limits{1, 4, 1},
                            Limits{64, 1, 1}, Limits{0, 0, 1}, Limits{64, 0, 1}, Limits{5, 4, 4}}) {
        EXPECT_EQ(lane_connections(row.connections, row.per_target), row.lane)
            << row.connections << " connections, " << row.per_target << " per target";
    }
}

} // namespace
} // namespace agent

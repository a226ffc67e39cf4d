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

/// A lane with nothing to do.
LaneSituation idle() {
    LaneSituation lane;
    lane.now = now;
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

void silent(LaneSituation& lane, Instant probe_at, bool probing = false) {
    lane.silent = true;
    lane.probe_at = probe_at;
    lane.probing = probing;
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
    {"fresh ones on disk during silence",
     [](LaneSituation& lane) {
         lane.wants_fresh = true;
         silent(lane, in(9));
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
         silent(lane, in(5));
     },
     "wake in 5"},
    {"a due retry on disk, the probe now",
     [](LaneSituation& lane) {
         lane.next_retry = past;
         silent(lane, now);
     },
     "read retries"},
    {"a due retry on disk, the probe in flight",
     [](LaneSituation& lane) {
         lane.next_retry = past;
         silent(lane, past, true);
     },
     ""},
    {"a due retry on disk, one in memory for the probe",
     [](LaneSituation& lane) {
         lane.next_retry = past;
         lane.has_retry = true;
         silent(lane, in(5));
     },
     "wake in 5"},
    {"a retry due after the probe",
     [](LaneSituation& lane) {
         lane.next_retry = in(8);
         silent(lane, in(5));
     },
     "wake in 8"},

    {"a fresh one in memory", [](LaneSituation& lane) { lane.has_fresh = true; }, "start fresh"},
    {"a fresh one, no answer",
     [](LaneSituation& lane) {
         lane.has_fresh = true;
         silent(lane, in(5));
     },
     "start fresh"},
    {"a second fresh one, no answer",
     [](LaneSituation& lane) {
         lane.has_fresh = true;
         silent(lane, in(5));
         lane.fresh_in_flight = 1;
     },
     ""},
    {"a fresh one beside the probe",
     [](LaneSituation& lane) {
         lane.has_fresh = true;
         silent(lane, past, true);
     },
     "start fresh"},

    {"a retry in memory", [](LaneSituation& lane) { lane.has_retry = true; }, "start retry"},
    {"a fresh one and a retry", [](LaneSituation& lane) { lane.has_fresh = lane.has_retry = true; },
     "start fresh, start retry"},
    {"a retry, no answer",
     [](LaneSituation& lane) {
         lane.has_retry = true;
         silent(lane, in(5));
     },
     "wake in 5"},
    {"a retry as the probe, now",
     [](LaneSituation& lane) {
         lane.has_retry = true;
         silent(lane, now);
     },
     "start retry"},
    {"a retry, the probe in flight",
     [](LaneSituation& lane) {
         lane.has_retry = true;
         silent(lane, past, true);
     },
     ""},
    {"a fresh one that waits for a connection does not hide the probe",
     [](LaneSituation& lane) {
         lane.has_fresh = lane.has_retry = true;
         silent(lane, in(5));
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
         silent(lane, in(5));
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
    return "serving " + std::to_string(lane.serving) + ", fresh in flight " +
           std::to_string(lane.fresh_in_flight) + ", has " + std::to_string(lane.has_fresh) +
           std::to_string(lane.has_retry) + ", wants fresh " + std::to_string(lane.wants_fresh) +
           " at " + time(lane.read_fresh_at) + ", next retry " +
           (lane.next_retry ? time(*lane.next_retry) : "none") + " at " +
           time(lane.read_retries_at) + ", silent " + std::to_string(lane.silent) +
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
        lane.silent = (bits & 16U) != 0;
        lane.probing = (bits & 32U) != 0;
        for (const std::size_t fresh : {0, 1, 2}) {
            lane.fresh_in_flight = fresh;
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

} // namespace
} // namespace agent

#include "agent/queue/commit_plan.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace test {

using namespace std::chrono_literals;
using agent::CommitPlan;
using agent::CommitState;
using agent::plan_commit;
using Phase = CommitState::Phase;

namespace {

const common::Instant now{1h};

CommitState state_at_now() {
    CommitState state;
    state.now = now;
    return state;
}

} // namespace

TEST(CommitPlan, SaysWhenAGroupIsWritten) {
    struct Row {
        const char* name;
        void (*set)(CommitState&);
        bool write;
        std::optional<common::Instant> wake_at;
    };
    const std::vector<Row> rows{
        {"nothing waits", [](CommitState&) {}, false, std::nullopt},
        {"a request without a window", [](CommitState& s) { s.requests_since = now; }, true, {}},
        {"a request within the window",
         [](CommitState& s) {
             s.commit_window = 50ms;
             s.requests_since = now - 49ms;
         },
         false, now + 1ms},
        {"a request at the end of the window",
         [](CommitState& s) {
             s.commit_window = 50ms;
             s.requests_since = now - 50ms;
         },
         true,
         {}},
        {"more than a group holds",
         [](CommitState& s) {
             s.commit_window = 50ms;
             s.requests_since = now;
             s.group_is_full = true;
         },
         true,
         {}},
        {"some of those whom a slow commit answered have not come again",
         [](CommitState& s) {
             s.requests_since = now - 9ms;
             s.last = {now - 1ms, 16ms, 4, 3};
         },
         false, now + 1ms},
        {"all of them have come",
         [](CommitState& s) {
             s.requests_since = now - 9ms;
             s.last = {now - 1ms, 16ms, 4, 4};
         },
         true,
         {}},
        {"they do not come",
         [](CommitState& s) {
             s.requests_since = now - 9ms;
             s.last = {now - 2ms, 16ms, 4, 3};
         },
         true,
         {}},
        {"a disk so slow that waiting has a limit of its own",
         [](CommitState& s) {
             s.requests_since = now;
             s.last = {now, 500ms, 4, 0};
         },
         false, now + 3ms},
        {"they have come, but the window has not passed",
         [](CommitState& s) {
             s.commit_window = 50ms;
             s.requests_since = now;
             s.last = {now, 16ms, 1, 1};
         },
         false, now + 50ms},
        {"a full group waits for nobody",
         [](CommitState& s) {
             s.requests_since = now;
             s.group_is_full = true;
             s.last = {now, 500ms, 4, 0};
         },
         true,
         {}},
        {"an outcome", [](CommitState& s) { s.outcomes_since = now - 1ms; }, false, now + 999ms},
        {"many outcomes",
         [](CommitState& s) {
             s.outcomes_since = now - 1ms;
             s.outcomes_are_many = true;
         },
         true,
         {}},
        {"an outcome for a second", [](CommitState& s) { s.outcomes_since = now - 1s; }, true, {}},
        {"an outcome before the end of the window",
         [](CommitState& s) {
             s.commit_window = 500ms;
             s.requests_since = now;
             s.outcomes_since = now - 900ms;
         },
         false, now + 100ms},
        {"the window ends before the outcome must be written",
         [](CommitState& s) {
             s.commit_window = 50ms;
             s.requests_since = now;
             s.outcomes_since = now;
         },
         false, now + 50ms},
        {"a flush",
         [](CommitState& s) {
             s.outcomes_since = now;
             s.flush_wanted = true;
         },
         true,
         {}},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        auto state = state_at_now();
        row.set(state);
        const auto plan = plan_commit(state);
        EXPECT_EQ(plan.write, row.write);
        EXPECT_EQ(plan.wake_at, row.wake_at);
        EXPECT_FALSE(plan.refuse);
        EXPECT_FALSE(plan.probe);
    }
}

TEST(CommitPlan, ProbesTheDatabaseWhenItIsDegraded) {
    struct Row {
        const char* name;
        common::Millis until_retry;
        bool request, outcome, flush;
        bool write, refuse;
    };
    const std::vector<Row> rows{
        {"nothing waits", 400ms, false, false, false, false, true},
        {"an outcome waits, however long", 400ms, false, true, false, false, true},
        {"a request from before it was degraded", 400ms, true, false, false, true, true},
        {"a flush from before it was degraded", 400ms, false, true, true, true, true},
        {"nothing waits, time to try again", 0ms, false, false, false, true, false},
        {"an outcome waits, time to try again", 0ms, false, true, false, true, false},
        {"late", -5s, true, true, true, true, false},
    };
    for (const auto& row : rows) {
        SCOPED_TRACE(row.name);
        auto state = state_at_now();
        state.degraded = true;
        state.retry_at = now + row.until_retry;
        if (row.request) {
            state.requests_since = now;
        }
        if (row.outcome) {
            state.outcomes_since = now - 1h;
        }
        state.flush_wanted = row.flush;
        const auto plan = plan_commit(state);
        EXPECT_EQ(plan.write, row.write);
        EXPECT_EQ(plan.refuse, row.refuse);
        EXPECT_TRUE(plan.probe);
        if (!row.write) {
            EXPECT_EQ(plan.wake_at, state.retry_at);
        }
    }
}

TEST(CommitPlan, WritesALastGroupAndThenWhatStillWaits) {
    struct Row {
        Phase phase;
        bool request, degraded;
        bool write;
    };
    const std::vector<Row> rows{
        {Phase::stopping, false, false, true}, {Phase::stopping, false, true, true},
        {Phase::stopping, true, true, true},   {Phase::draining, true, false, true},
        {Phase::draining, true, true, false},  {Phase::draining, false, false, false},
    };
    for (std::size_t i = 0; i < rows.size(); ++i) {
        SCOPED_TRACE(i);
        auto state = state_at_now();
        state.phase = rows[i].phase;
        state.degraded = rows[i].degraded;
        state.retry_at = now + 1s;
        if (rows[i].request) {
            state.requests_since = now;
        }
        const auto plan = plan_commit(state);
        EXPECT_EQ(plan.write, rows[i].write);
        EXPECT_TRUE(plan.probe);
        EXPECT_FALSE(plan.wake_at);
    }
}

// Whatever the state: who waits is served, nothing spins, and waking up at the time said is enough.
TEST(CommitPlan, NeitherSleepsForeverNorSpins) {
    int written = 0;
    for (unsigned bits = 0; bits < 256; ++bits) {
        SCOPED_TRACE(bits);
        auto state = state_at_now();
        if ((bits & 1U) != 0) {
            state.requests_since = now - 10ms;
        }
        state.group_is_full = (bits & 2U) != 0;
        if ((bits & 4U) != 0) {
            state.outcomes_since = now - 700ms;
            state.outcomes_are_many = (bits & 128U) != 0;
        }
        state.flush_wanted = (bits & 8U) != 0;
        state.degraded = (bits & 16U) != 0;
        state.retry_at = (bits & 32U) != 0 ? now + 300ms : now - 300ms;
        state.commit_window = (bits & 64U) != 0 ? 50ms : 0ms;
        const auto plan = plan_commit(state);
        if (plan.write) {
            ++written;
            EXPECT_FALSE(plan.wake_at);
            continue;
        }
        const bool waits = state.requests_since || state.outcomes_since || state.flush_wanted;
        EXPECT_EQ(plan.wake_at.has_value(), waits || state.degraded);
        if (plan.wake_at) {
            EXPECT_GT(*plan.wake_at, now);
            state.now = *plan.wake_at;
            EXPECT_TRUE(plan_commit(state).write);
        }
    }
    EXPECT_GT(written, 64);
    EXPECT_LT(written, 256);
}

} // namespace test

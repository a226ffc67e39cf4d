#include "agent/delivery/hold_times.hpp"

#include <gtest/gtest.h>

namespace agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct HoldTimesTest : ::testing::Test {
    void attempt(milliseconds span) {
        const auto start = now;
        times.started(start);
        now += span;
        times.ended(start, now);
    }
    [[nodiscard]] Pace pace() const { return times.pace(now, false); }

    common::Instant now{std::chrono::hours{1000}};
    HoldTimes times{now};
};

TEST_F(HoldTimesTest, GoByTheTimeThatAttemptsTake) {
    EXPECT_EQ(pace(), Pace::untried);
    attempt(milliseconds{20});
    EXPECT_EQ(pace(), Pace::prompt);
    attempt(milliseconds{100});
    EXPECT_EQ(pace(), Pace::moderate);
    attempt(seconds{1});
    EXPECT_EQ(pace(), Pace::slow);
    EXPECT_EQ(times.pace(now, true), Pace::silent);
}

TEST_F(HoldTimesTest, ATargetThatHangsOnEveryOtherRequestIsSlow) {
    for (int i = 0; i < 20; ++i) {
        attempt(seconds{10});
        EXPECT_EQ(pace(), Pace::slow);
        attempt(milliseconds{2});
        EXPECT_EQ(pace(), Pace::slow);
    }
}

TEST_F(HoldTimesTest, ATargetThatHasBecomeFastRecovers) {
    attempt(seconds{10});
    int attempts = 0;
    for (; pace() == Pace::slow; ++attempts) {
        attempt(milliseconds{5});
    }
    EXPECT_EQ(attempts, 11);
    for (; pace() != Pace::prompt; ++attempts) {
        attempt(milliseconds{5});
    }
    EXPECT_EQ(attempts, 21);
}

TEST_F(HoldTimesTest, AnAttemptThatHangsCountsBeforeItEnds) {
    attempt(milliseconds{5});
    times.started(now);
    EXPECT_EQ(pace(), Pace::prompt);
    now += seconds{1};
    EXPECT_EQ(pace(), Pace::slow);
}

TEST_F(HoldTimesTest, AnUntriedOneThatHangsIsSlow) {
    times.started(now);
    now += milliseconds{999};
    EXPECT_EQ(pace(), Pace::untried);
    now += milliseconds{1};
    EXPECT_EQ(pace(), Pace::slow);
}

TEST_F(HoldTimesTest, AnAttemptThatCouldNotBeMadeSaysNothing) {
    const auto start = now;
    times.started(start);
    now += seconds{5};
    times.withdrawn(start);
    EXPECT_EQ(pace(), Pace::untried);
}

TEST_F(HoldTimesTest, UrgencyIsTheWaitInUnitsOfAnAttempt) {
    const auto never = times.urgency(now);
    attempt(seconds{10});
    HoldTimes quick{now};
    quick.started(now);
    quick.ended(now, now + milliseconds{10});
    now += milliseconds{100};
    EXPECT_GT(never, quick.urgency(now)) << "who has never had a turn goes before the one just had";
    EXPECT_DOUBLE_EQ(quick.urgency(now), 10);
    EXPECT_GT(quick.urgency(now), times.urgency(now));
    const auto before = times.urgency(now);
    now += seconds{100};
    EXPECT_GT(times.urgency(now), before + 9.9) << "and a slow one does not wait for ever";
}

} // namespace
} // namespace agent

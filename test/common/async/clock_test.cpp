#include "common/async/clock.hpp"

#include "test/support/test_clock.hpp"

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>
#include <optional>

namespace common {
namespace {

using namespace std::chrono_literals;

class Waiting : public testing::Test {
  protected:
    void TearDown() override {
        group_.cancel();
        clock_.settle();
        EXPECT_EQ(group_.size(), 0U);
    }

    /// Counts how often the wait returns.
    static Task<> count(Wakeup& wakeup, int& returns) {
        for (;;) {
            co_await wakeup.wait();
            ++returns;
        }
    }
    static Task<> once(Wakeup& wakeup, std::optional<Instant> until, Clock& clock,
                       std::optional<Instant>& returned) {
        auto wait = until ? wakeup.wait_until(*until) : wakeup.wait();
        co_await std::move(wait);
        returned = clock.now();
    }
    static Task<> sleep(Clock& clock, Millis span, std::optional<Instant>& returned) {
        co_await sleep_for(clock, span);
        returned = clock.now();
    }

    asio::io_context loop_;
    test::TestClock clock_{loop_};
    TaskGroup group_{loop_.get_executor()};
    Wakeup wakeup_{loop_.get_executor(), clock_};
    const Instant start_ = clock_.now();
};

TEST_F(Waiting, ANotificationBeforeTheWaitIsNotLost) {
    wakeup_.notify();
    int returns = 0;
    group_.spawn("count", count(wakeup_, returns));
    clock_.settle();
    EXPECT_EQ(returns, 1);
}

TEST_F(Waiting, ANotificationDuringTheWaitEndsIt) {
    int returns = 0;
    group_.spawn("count", count(wakeup_, returns));
    clock_.settle();
    EXPECT_EQ(returns, 0);
    wakeup_.notify();
    clock_.settle();
    EXPECT_EQ(returns, 1);
    wakeup_.notify();
    clock_.settle();
    EXPECT_EQ(returns, 2);
}

TEST_F(Waiting, NotificationsThatComeTogetherAreOne) {
    int returns = 0;
    group_.spawn("count", count(wakeup_, returns));
    clock_.settle();
    wakeup_.notify();
    wakeup_.notify();
    clock_.settle();
    EXPECT_EQ(returns, 1);
}

TEST_F(Waiting, EndsAtItsTime) {
    std::optional<Instant> returned;
    group_.spawn("once", once(wakeup_, start_ + 5s, clock_, returned));
    clock_.advance(4999ms);
    EXPECT_FALSE(returned);
    clock_.advance(10s);
    EXPECT_EQ(returned, start_ + 5s);
}

TEST_F(Waiting, EndsAtOnceIfItsTimeIsPast) {
    std::optional<Instant> returned;
    group_.spawn("once", once(wakeup_, start_ - 5s, clock_, returned));
    clock_.advance(0ms);
    EXPECT_EQ(returned, start_);
}

TEST_F(Waiting, ANotificationBeforeTheTimeCancelsTheAlarm) {
    std::optional<Instant> returned;
    group_.spawn("once", once(wakeup_, start_ + 5s, clock_, returned));
    clock_.advance(1s);
    wakeup_.notify();
    clock_.settle();
    EXPECT_EQ(returned, start_ + 1s);

    // The alarm of the first wait must not end the second.
    returned.reset();
    group_.spawn("once", once(wakeup_, std::nullopt, clock_, returned));
    clock_.advance(10s);
    EXPECT_FALSE(returned);
}

TEST_F(Waiting, CancellationEndsItAndItsAlarm) {
    std::optional<Instant> returned;
    group_.spawn("once", once(wakeup_, start_ + 5s, clock_, returned));
    clock_.settle();
    group_.cancel();
    clock_.settle();
    EXPECT_EQ(group_.size(), 0U);
    EXPECT_FALSE(returned);

    int returns = 0;
    group_.spawn("count", count(wakeup_, returns));
    clock_.advance(10s);
    EXPECT_EQ(returns, 0) << "the alarm of the cancelled wait went off";
}

TEST_F(Waiting, CancellationIsNotANotification) {
    int returns = 0;
    group_.spawn("count", count(wakeup_, returns));
    clock_.settle();
    group_.cancel();
    clock_.settle();
    EXPECT_EQ(group_.size(), 0U);
    EXPECT_EQ(returns, 0);
}

TEST_F(Waiting, SleepersWakeInTheirOrder) {
    std::optional<Instant> longer;
    std::optional<Instant> shorter;
    group_.spawn("longer", sleep(clock_, 2h, longer));
    group_.spawn("shorter", sleep(clock_, 30min, shorter));
    clock_.advance(1h);
    EXPECT_EQ(shorter, start_ + 30min);
    EXPECT_FALSE(longer);
    clock_.advance(1h);
    EXPECT_EQ(longer, start_ + 2h);
}

TEST_F(Waiting, SleepIsCancelled) {
    std::optional<Instant> returned;
    group_.spawn("sleep", sleep(clock_, 1h, returned));
    clock_.advance(1min);
    group_.cancel();
    clock_.settle();
    EXPECT_EQ(group_.size(), 0U);
    clock_.advance(2h);
    EXPECT_FALSE(returned);
}

TEST(SystemClock, CallsBackNeitherInsideCallAtNorAfterCancel) {
    asio::io_context loop;
    SystemClock clock{loop.get_executor()};
    std::vector<int> rang;
    clock.call_at(clock.now() - 1h, [&] { rang.push_back(1); });
    const auto never = clock.call_at(clock.now(), [&] { rang.push_back(2); });
    // A callback may start and cancel timers, including its own.
    Clock::TimerId self = 0;
    self = clock.call_at(clock.now(), [&] {
        rang.push_back(3);
        clock.cancel(self);
        clock.call_at(clock.now(), [&] { rang.push_back(4); });
    });
    clock.cancel(never);
    clock.cancel(never);
    clock.cancel(4711);
    EXPECT_TRUE(rang.empty());
    loop.run();
    EXPECT_EQ(rang, (std::vector{1, 3, 4}));
}

TEST(SystemClock, LetsTheLoopEndWhenNothingIsDue) {
    asio::io_context loop;
    SystemClock clock{loop.get_executor()};
    clock.cancel(clock.call_at(clock.now() + 1h, [] {}));
    EXPECT_LE(loop.run(), 1U) << "the cancelled wait may end, and then nothing is left";
}

TEST(SystemClock, HasOneIdPerBoot) {
    asio::io_context loop;
    const SystemClock clock{loop.get_executor()};
    EXPECT_EQ(clock.boot_id().size(), 36U);
    EXPECT_EQ(clock.boot_id(), clock.boot_id());
}

} // namespace
} // namespace common

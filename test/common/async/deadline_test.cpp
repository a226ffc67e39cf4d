#include "common/async/deadline.hpp"

#include <gtest/gtest.h>

namespace common {
namespace {

using namespace std::chrono_literals;

/// A deadline that counts how often it passes, and when it did last.
class DeadlineTest : public testing::Test {
  protected:
    static Instant now() { return std::chrono::steady_clock::now(); }
    /// Runs the loop until nothing is left to wait for.
    void run() {
        loop_.restart();
        loop_.run();
    }

    asio::io_context loop_;
    int passed_ = 0;
    Instant passed_at_;
    std::optional<Deadline> deadline_{std::in_place, loop_.get_executor(), [this] {
                                          ++passed_;
                                          passed_at_ = now();
                                      }};
};

TEST_F(DeadlineTest, IsNeverUntilItIsSet) {
    EXPECT_EQ(deadline_->when(), Deadline::never);
    EXPECT_FALSE(deadline_->passed());
    run();
    EXPECT_EQ(passed_, 0);
}

TEST_F(DeadlineTest, PassesOnceAndNotFromInsideSet) {
    for (const auto when : {now() - 1h, now() + 1ms}) {
        SCOPED_TRACE(when < now() ? "in the past" : "in the future");
        passed_ = 0;
        deadline_->set(when);
        EXPECT_EQ(passed_, 0);
        EXPECT_EQ(deadline_->when(), when);
        run();
        EXPECT_EQ(passed_, 1);
        EXPECT_TRUE(deadline_->passed());
        EXPECT_GE(passed_at_, when);
    }
}

TEST_F(DeadlineTest, CanBeSetAgainAfterItPassed) {
    deadline_->set(now());
    run();
    deadline_->set(now() + 1ms);
    EXPECT_FALSE(deadline_->passed());
    run();
    EXPECT_TRUE(deadline_->passed());
    EXPECT_EQ(passed_, 2);
}

TEST_F(DeadlineTest, MovesToALaterTime) {
    const auto later = now() + 5ms;
    deadline_->set(now());
    deadline_->set(later);
    run();
    EXPECT_EQ(passed_, 1);
    EXPECT_GE(passed_at_, later);
}

TEST_F(DeadlineTest, MovesToAnEarlierTime) {
    deadline_->set(now() + 1h);
    deadline_->set(now() + 1ms);
    run();
    EXPECT_EQ(passed_, 1);
}

TEST_F(DeadlineTest, PassesOnceWhenAnEarlierTimeReplacesOneThatIsAlreadyDue) {
    const auto due = now();
    deadline_->set(due);
    asio::post(loop_, [&] {
        // By now the timer may have fired, and its call is queued behind this one.
        deadline_->set(due - 1h);
    });
    run();
    EXPECT_EQ(passed_, 1);
}

TEST_F(DeadlineTest, CanBeLifted) {
    deadline_->set(now() + 1ms);
    deadline_->set(Deadline::never);
    run();
    EXPECT_EQ(passed_, 0);
    EXPECT_FALSE(deadline_->passed());
    deadline_->set(now());
    run();
    EXPECT_EQ(passed_, 1);
}

TEST_F(DeadlineTest, IsSilentOnceDestroyed) {
    deadline_->set(now() - 1h);
    deadline_.reset();
    run();
    EXPECT_EQ(passed_, 0);
}

} // namespace
} // namespace common

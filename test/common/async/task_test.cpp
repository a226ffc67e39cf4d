#include "common/async/task.hpp"

#include "common/async/clock.hpp"
#include "test/support/test_clock.hpp"

#include <boost/system/system_error.hpp>
#include <gtest/gtest.h>
#include <memory>

namespace common {
namespace {

using namespace std::chrono_literals;

Task<std::string> wait_for(OneShot<std::string>& shot) {
    co_return co_await shot.wait();
}

Task<> keep(OneShot<std::string>& shot, std::string& got) {
    got = co_await shot.wait();
}

Task<> sleep(Clock& clock, Millis span, int& done) {
    co_await sleep_for(clock, span);
    ++done;
}

Task<> join(TaskGroup& group, bool& joined) {
    co_await group.join();
    joined = true;
}

Task<> at_once(int& done) {
    ++done;
    co_return;
}

Task<> broken() {
    throw std::runtime_error{"out of paper"};
    co_return;
}

class Groups : public testing::Test {
  protected:
    asio::io_context loop_;
    test::TestClock clock_{loop_};
    TaskGroup group_{loop_.get_executor()};
    TaskGroup outer_{loop_.get_executor()};
};

TEST(OneShot, MayBeSetBeforeTheWait) {
    asio::io_context loop;
    OneShot<std::string> shot{loop.get_executor()};
    EXPECT_FALSE(shot.is_set());
    shot.set("value");
    EXPECT_TRUE(shot.is_set());
    EXPECT_EQ(test::run(loop, wait_for(shot)), "value");
}

TEST_F(Groups, OneShotSetDuringTheWaitIsHandedOverLater) {
    OneShot<std::string> shot{loop_.get_executor()};
    std::string got;
    group_.spawn("keep", keep(shot, got));
    clock_.settle();
    shot.set("value");
    EXPECT_EQ(got, "") << "the caller of set() is not interrupted";
    clock_.settle();
    EXPECT_EQ(got, "value");
}

TEST_F(Groups, OneShotMayBeDestroyedWithItsWaiter) {
    // A loop that stops with a coroutine in wait() destroys both; set() is never called.
    auto shot = std::make_unique<OneShot<std::string>>(loop_.get_executor());
    std::string got;
    asio::co_spawn(loop_, keep(*shot, got), asio::detached);
    clock_.settle();
    shot.reset();
    clock_.settle();
    EXPECT_EQ(got, "");
}

TEST_F(Groups, JoinReturnsWhenTheLastOneHasEnded) {
    int done = 0;
    bool joined = false;
    group_.spawn("a", sleep(clock_, 1s, done));
    group_.spawn("b", sleep(clock_, 3s, done));
    outer_.spawn("join", join(group_, joined));
    EXPECT_EQ(group_.size(), 2U);
    clock_.advance(2s);
    EXPECT_EQ(done, 1);
    EXPECT_EQ(group_.size(), 1U);
    EXPECT_FALSE(joined);
    clock_.advance(1s);
    EXPECT_EQ(done, 2);
    EXPECT_EQ(group_.size(), 0U);
    EXPECT_TRUE(joined);
}

TEST_F(Groups, JoinOfAnEmptyGroupReturnsAtOnce) {
    bool joined = false;
    outer_.spawn("join", join(group_, joined));
    clock_.settle();
    EXPECT_TRUE(joined);
}

TEST_F(Groups, JoinWaitsAlsoForThoseThatCameLater) {
    int done = 0;
    bool joined = false;
    group_.spawn("a", sleep(clock_, 1s, done));
    outer_.spawn("join", join(group_, joined));
    clock_.settle();
    group_.spawn("b", sleep(clock_, 2s, done));
    clock_.advance(1s);
    EXPECT_FALSE(joined);
    clock_.advance(1s);
    EXPECT_TRUE(joined);
}

TEST_F(Groups, CancelEndsAllOfThem) {
    int done = 0;
    bool joined = false;
    for (int n = 0; n < 5; ++n) {
        group_.spawn("sleeper", sleep(clock_, 1h, done));
    }
    clock_.settle();
    group_.cancel();
    outer_.spawn("join", join(group_, joined));
    clock_.settle();
    EXPECT_TRUE(joined);
    EXPECT_EQ(done, 0);
    EXPECT_EQ(group_.size(), 0U);
    group_.cancel();
}

TEST_F(Groups, CancelBeforeTheFirstStepEndsThemToo) {
    int done = 0;
    group_.spawn("sleeper", sleep(clock_, 1h, done));
    group_.cancel();
    clock_.settle();
    EXPECT_EQ(group_.size(), 0U);
    EXPECT_EQ(done, 0);
}

TEST_F(Groups, AGroupIsUsedAgainAfterACancel) {
    int done = 0;
    group_.spawn("first", sleep(clock_, 1h, done));
    clock_.settle();
    group_.cancel();
    clock_.settle();
    group_.spawn("second", sleep(clock_, 1s, done));
    clock_.advance(1s);
    EXPECT_EQ(done, 1);
    EXPECT_EQ(group_.size(), 0U);
}

TEST_F(Groups, ATaskThatEndsInsideSpawnIsRemoved) {
    int done = 0;
    asio::post(loop_, [&] {
        group_.spawn("at once", at_once(done));
        group_.spawn("at once", at_once(done));
    });
    clock_.settle();
    EXPECT_EQ(done, 2);
    EXPECT_EQ(group_.size(), 0U);
}

TEST_F(Groups, ATaskThatFailsEndsTheProcess) {
    const auto break_it = [this] {
        group_.spawn("lane http://x", broken());
        clock_.settle();
    };
    EXPECT_DEATH(break_it(),
                 "error internal task failed task=\"lane http://x\" error=\"out of paper\"");
}

} // namespace
} // namespace common

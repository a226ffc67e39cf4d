#include "common/async/joinable.hpp"

#include "test/support/test_clock.hpp"

#include <gtest/gtest.h>

namespace {

using common::Task;

struct Work {
    common::asio::io_context loop;
    test::TestClock clock{loop};
    common::Joinable<int> joinable{loop.get_executor(), clock};
    common::Wakeup finish{loop.get_executor(), clock};
    int done = 0;
};

Task<> lead(Work& work) {
    auto lead = work.joinable.lead();
    co_await work.finish.wait();
    lead.done(++work.done);
}

Task<> join(Work& work, std::vector<std::optional<int>>& got) {
    auto result = co_await work.joinable.join();
    got.push_back(result);
}

TEST(Joinable, ReturnsOneResultToAllWhoJoined) {
    Work work;
    common::TaskGroup group{work.loop.get_executor()};
    std::vector<std::optional<int>> got;
    group.spawn("lead", lead(work));
    work.clock.settle();
    ASSERT_TRUE(work.joinable.under_way());
    group.spawn("a", join(work, got));
    group.spawn("b", join(work, got));
    work.clock.settle();
    EXPECT_TRUE(got.empty());
    work.finish.notify();
    work.clock.settle();
    EXPECT_EQ(got, (std::vector<std::optional<int>>{1, 1}));
    EXPECT_FALSE(work.joinable.under_way());
}

TEST(Joinable, ReturnsNothingWhenTheLeaderIsCancelled) {
    Work work;
    common::TaskGroup leader{work.loop.get_executor()};
    common::TaskGroup others{work.loop.get_executor()};
    std::vector<std::optional<int>> got;
    leader.spawn("lead", lead(work));
    work.clock.settle();
    others.spawn("a", join(work, got));
    work.clock.settle();
    leader.cancel();
    work.clock.settle();
    EXPECT_EQ(got, (std::vector<std::optional<int>>{std::nullopt}));
    EXPECT_FALSE(work.joinable.under_way());
}

TEST(Joinable, ReturnsNothingWhenOutdated) {
    Work work;
    common::TaskGroup group{work.loop.get_executor()};
    std::vector<std::optional<int>> got;
    group.spawn("lead", lead(work));
    work.clock.settle();
    group.spawn("a", join(work, got));
    work.clock.settle();
    work.joinable.outdate();
    work.finish.notify();
    work.clock.settle();
    EXPECT_EQ(work.done, 1);
    EXPECT_EQ(got, (std::vector<std::optional<int>>{std::nullopt}));
}

TEST(Joinable, LetsThoseWhoJoinedBeCancelled) {
    Work work;
    common::TaskGroup leader{work.loop.get_executor()};
    common::TaskGroup others{work.loop.get_executor()};
    std::vector<std::optional<int>> got;
    leader.spawn("lead", lead(work));
    work.clock.settle();
    others.spawn("a", join(work, got));
    work.clock.settle();
    others.cancel();
    work.clock.settle();
    EXPECT_EQ(others.size(), 0U);
    EXPECT_TRUE(got.empty());
    work.finish.notify();
    work.clock.settle();
    EXPECT_EQ(leader.size(), 0U);
}

} // namespace

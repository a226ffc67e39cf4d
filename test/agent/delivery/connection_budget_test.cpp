#include "test/agent/delivery/connection_budget_fixture.hpp"

namespace test {
namespace {

TEST_F(ConnectionBudgetTest, GivesUpToTheLimits) {
    want(a, 10);
    EXPECT_EQ(a->in_flight, 3U) << "of its target";
    want(b, 10);
    EXPECT_EQ(b->in_flight, 1U) << "of all";
    end_one(b);
    EXPECT_EQ(a->in_flight + b->in_flight, 4U);
}

TEST_F(ConnectionBudgetTest, StartsNothingForALaneThatWantsNothing) {
    budget.want(a);
    EXPECT_EQ(news(), Names{});
}

TEST_F(ConnectionBudgetTest, WhoHoldsNoneGoesBeforeWhoHoldsSeveral) {
    want(a, 10);
    want(b, 10);
    want(c, 10);
    a->urgent = 5;
    b->urgent = 5;
    news();
    end_one(a);
    EXPECT_EQ(news(), (Names{"c"}));
}

TEST_F(ConnectionBudgetTest, ThenWhoIsMoreUrgent) {
    config.delivery.connections = 1;
    want(a, 1);
    want(b, 1);
    want(c, 1);
    b->urgent = 1;
    c->urgent = 2;
    news();
    end_one(a);
    end_one(c);
    EXPECT_EQ(news(), (Names{"c", "b"}));
}

TEST_F(ConnectionBudgetTest, OfMoreEqualsThanConnectionsBothEndsGetOne) {
    const std::vector lanes{a, b, c, lane("d"), lane("e"), lane("f"), lane("g")};
    for (const auto& one : lanes) {
        one->waiting = 1;
        budget.enqueue(one);
    }
    budget.start();
    auto first = news();
    std::sort(first.begin(), first.end());
    EXPECT_EQ(first, (Names{"a", "b", "f", "g"}));
}

TEST_F(ConnectionBudgetTest, AskingTwiceBringsNoSecondTurn) {
    want(a, 1);
    budget.enqueue(a);
    b->waiting = 1;
    budget.enqueue(b);
    budget.enqueue(b);
    budget.start();
    EXPECT_EQ(news(), (Names{"a", "b"}));
}

TEST_F(ConnectionBudgetTest, ALaneThatStartsNothingTakesNoConnection) {
    config.delivery.connections = 2;
    want(a, 1);
    want(b, 1);
    c->changes_its_mind = true;
    want(c, 1);
    end_one(a);
    end_one(b);
    news();
    want(a, 1);
    want(b, 1);
    EXPECT_EQ(news(), (Names{"a", "b"}));
}

TEST_F(ConnectionBudgetTest, SilentLanesHoldHalfAtMost) {
    want(x, 10);
    want(y, 10);
    EXPECT_EQ(x->in_flight + y->in_flight, 2U);
    want(a, 2);
    EXPECT_EQ(a->in_flight, 2U);
    end_one(a);
    EXPECT_EQ(x->in_flight + y->in_flight, 2U);
}

TEST_F(ConnectionBudgetTest, ALaneCountsAsWhatItIsNow) {
    want(a, 2);
    want(x, 10);
    EXPECT_EQ(x->in_flight, 2U);
    a->is = Pace::silent;
    end_one(x);
    EXPECT_EQ(x->in_flight, 1U) << "a is silent now, and holds the half";
    a->is = Pace::prompt;
    budget.start();
    EXPECT_EQ(x->in_flight, 2U);
}

TEST_F(ConnectionBudgetTest, ManySlowLanesLeaveSomethingToAPromptOne) {
    config.delivery.connections = 64;
    std::vector<Lane> lanes;
    for (int i = 0; i < 100; ++i) {
        lanes.push_back(lane("slow" + std::to_string(i), Pace::slow));
        want(lanes.back(), 10);
    }
    EXPECT_EQ(news().size(), 48U);
    want(a, 10);
    EXPECT_EQ(a->in_flight, 3U);
}

TEST_F(ConnectionBudgetTest, LanesOfOneTargetShareItsLimit) {
    config.delivery.connections = 64;
    config.delivery.connections_per_target = 4;
    const auto host = std::make_shared<Target>(Target{"http://host"});
    const auto door = lane("door", Pace::prompt, host);
    const auto log = lane("log", Pace::slow, host);
    const auto mail = lane("mail", Pace::slow, host);
    want(log, 10);
    EXPECT_EQ(log->in_flight, 2U);
    want(mail, 10);
    EXPECT_EQ(mail->in_flight, 1U);
    want(door, 10);
    EXPECT_EQ(door->in_flight, 1U);
    end_one(log);
    EXPECT_EQ(door->in_flight + mail->in_flight + log->in_flight, 4U);
    EXPECT_LE(door->in_flight, 2U);
}

TEST_F(ConnectionBudgetTest, RetriesLeaveOneToFirstAttempts) {
    a->retries = true;
    want(a, 10);
    EXPECT_EQ(a->in_flight, 2U);
    end_one(a);
    EXPECT_EQ(a->in_flight, 2U);
}

TEST_F(ConnectionBudgetTest, LargeEventsOfSilentTargetsAreFewAndLeaveRoomToOthers) {
    constexpr std::size_t mib = std::size_t{1} << 20;
    config.delivery.connections = 64;
    std::vector<Lane> lanes;
    for (int i = 0; i < 30; ++i) {
        lanes.push_back(lane("silent" + std::to_string(i), Pace::silent));
        lanes.back()->bytes = 3 * mib;
        want(lanes.back(), 10);
    }
    EXPECT_EQ(news().size(), 2U) << "half of 16 MiB";
    a->bytes = 4 * mib;
    want(a, 10);
    EXPECT_EQ(news(), (Names{"a", "a"}));
    want(x, 1);
    EXPECT_EQ(news(), (Names{"x"})) << "small ones need no room";
    b->bytes = 40 * mib;
    want(b, 1);
    EXPECT_EQ(news(), Names{});
    end_one(a);
    EXPECT_EQ(news(), (Names{"a"}));
}

TEST_F(ConnectionBudgetTest, AnEventLargerThanTheRoomGoesAlone) {
    a->bytes = b->bytes = std::size_t{40} << 20;
    want(a, 2);
    want(b, 1);
    EXPECT_EQ(news(), (Names{"a"}));
    end_one(a);
    EXPECT_EQ(news().size(), 1U);
    end_one(a->in_flight == 0 ? b : a);
    EXPECT_EQ(news().size(), 1U);
}

TEST_F(ConnectionBudgetTest, ALimitRaisedByAReloadHoldsAtOnce) {
    want(a, 10);
    config.delivery.connections_per_target = 5;
    config.delivery.connections = 6;
    budget.want(a);
    EXPECT_EQ(a->in_flight, 5U);
}

TEST_F(ConnectionBudgetTest, StartsNothingOnceItIsClosed) {
    want(a, 10);
    want(b, 10);
    news();
    budget.close();
    end_one(a);
    want(b, 1);
    want(c, 1);
    EXPECT_EQ(news(), Names{});
    EXPECT_EQ(b.use_count(), 1) << "and keeps no lane alive";
}

} // namespace
} // namespace test

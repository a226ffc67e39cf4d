#include "agent/delivery/connection_budget.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace agent {
namespace {

/// Has `waiting` attempts to start and writes down each start.
struct FakeLane final : ConnectionUser {
    FakeLane(std::string lane_name, std::vector<std::string>& log)
        : name{std::move(lane_name)}, started{log} {}
    [[nodiscard]] bool wants() const override { return waiting > 0; }
    [[nodiscard]] bool reachable() const override { return up; }
    bool start_one() override {
        if (changes_its_mind) {
            waiting = 0;
            return false;
        }
        --waiting;
        ++in_flight;
        started.push_back(name);
        return true;
    }

    std::string name;
    std::vector<std::string>& started;
    int waiting = 0;
    std::size_t in_flight = 0;
    bool up = true;
    bool changes_its_mind = false; ///< what it wanted to start has expired
};

struct ConnectionBudgetTest : ::testing::Test {
    using Names = std::vector<std::string>;
    using Lane = std::shared_ptr<FakeLane>;

    Lane lane(const std::string& name, bool up = true) {
        auto made = std::make_shared<FakeLane>(name, started);
        made->up = up;
        return made;
    }
    void want(const Lane& lane, int count) {
        lane->waiting += count;
        budget.want(lane);
    }
    void end_one(const Lane& lane) {
        --lane->in_flight;
        budget.release(lane->up);
        budget.want(lane);
    }
    void turn(const Lane& lane, bool up) {
        lane->up = up;
        budget.reachability_changed(up, lane->in_flight);
    }
    /// What has started since the last call.
    Names news() { return std::exchange(started, {}); }

    Config config = [] {
        Config made;
        made.delivery.connections = 4;
        return made;
    }();
    Names started;
    ConnectionBudget budget{config};
    Lane a = lane("a"), b = lane("b"), c = lane("c");
    Lane x = lane("x", false), y = lane("y", false);
};

TEST_F(ConnectionBudgetTest, GivesUpToTheLimit) {
    want(a, 10);
    EXPECT_EQ(a->in_flight, 4U);
    end_one(a);
    EXPECT_EQ(a->in_flight, 4U);
}

TEST_F(ConnectionBudgetTest, StartsNothingForALaneThatWantsNothing) {
    budget.want(a);
    EXPECT_EQ(news(), Names{});
}

TEST_F(ConnectionBudgetTest, GivesConnectionsInTurns) {
    want(a, 10);
    want(b, 10);
    want(c, 10);
    EXPECT_EQ(news(), (Names{"a", "a", "a", "a"}));
    for (int i = 0; i < 4; ++i) {
        end_one(a);
    }
    EXPECT_EQ(news(), (Names{"a", "b", "c", "a"})) << "a asked for its next turn first";
}

TEST_F(ConnectionBudgetTest, AskingTwiceBringsNoSecondTurn) {
    want(a, 4);
    want(b, 5);
    want(b, 5);
    want(c, 5);
    news();
    end_one(a);
    end_one(a);
    EXPECT_EQ(news(), (Names{"b", "c"}));
}

TEST_F(ConnectionBudgetTest, ALaneThatStartsNothingTakesNoConnection) {
    want(a, 4);
    want(b, 1);
    want(c, 1);
    news();
    b->changes_its_mind = true;
    end_one(a);
    EXPECT_EQ(news(), (Names{"c"}));
    end_one(a);
    want(a, 1);
    EXPECT_EQ(news(), (Names{"a"}));
}

TEST_F(ConnectionBudgetTest, UnreachableLanesHoldHalfAtMost) {
    want(x, 10);
    want(y, 10);
    EXPECT_EQ(x->in_flight + y->in_flight, 2U);
    want(a, 2);
    EXPECT_EQ(a->in_flight, 2U);
    news();
    end_one(x);
    end_one(x);
    EXPECT_EQ(news(), (Names{"x", "y"})) << "x had asked for its next turn first";
}

TEST_F(ConnectionBudgetTest, UnreachableLanesTakeTurnsWithTheReachableOnes) {
    want(a, 10);
    want(x, 10);
    news();
    for (int i = 0; i < 4; ++i) {
        end_one(a);
    }
    EXPECT_EQ(news(), (Names{"x", "a", "x", "a"}));
}

TEST_F(ConnectionBudgetTest, OneConnectionServesBothKinds) {
    config.delivery.connections = 1;
    want(a, 10);
    want(x, 10);
    EXPECT_EQ(news(), (Names{"a"}));
    end_one(a);
    EXPECT_EQ(news(), (Names{"x"}));
    end_one(x);
    EXPECT_EQ(news(), (Names{"a"}));
}

TEST_F(ConnectionBudgetTest, ALaneThatBecomesUnreachableCountsAsSuchWithAllItsAttempts) {
    want(a, 2);
    turn(a, false);
    want(x, 10);
    EXPECT_EQ(x->in_flight, 0U) << "a holds the half of the unreachable";
    end_one(a);
    EXPECT_EQ(x->in_flight, 1U);
    turn(a, true);
    want(y, 1);
    EXPECT_EQ(x->in_flight + y->in_flight, 2U) << "a counts no more";
}

TEST_F(ConnectionBudgetTest, ALaneWaitsAsWhatItIsNowAndNotAsWhatItWas) {
    want(x, 2);
    want(a, 2);
    want(b, 10);
    news();
    turn(b, false);
    end_one(a);
    EXPECT_EQ(news(), Names{}) << "the unreachable hold their half";
    end_one(x);
    EXPECT_EQ(news(), (Names{"b"}));
}

TEST_F(ConnectionBudgetTest, ALimitRaisedByAReloadHoldsAtOnce) {
    want(a, 10);
    config.delivery.connections = 6;
    budget.want(a);
    EXPECT_EQ(a->in_flight, 6U);
}

TEST_F(ConnectionBudgetTest, StartsNothingOnceItIsClosed) {
    want(a, 10);
    want(b, 10);
    news();
    budget.close();
    end_one(a);
    budget.want(b);
    budget.want(c);
    EXPECT_EQ(news(), Names{});
    EXPECT_EQ(b.use_count(), 1) << "and keeps no lane alive";
}

} // namespace
} // namespace agent

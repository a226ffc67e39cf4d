// What is kept from lanes that may hang, and taken back from those that do.
#include "test/agent/delivery/connection_budget_fixture.hpp"

namespace test {
namespace {

TEST_F(ConnectionBudgetTest, TheLastConnectionsAreForThoseThatAnsweredOfLate) {
    config.delivery.connections = 64;
    const auto began = clock.now();
    std::vector<Lane> lanes;
    for (int i = 0; i < 64; ++i) {
        lanes.push_back(lane("once prompt" + std::to_string(i)));
        lanes.back()->oldest = began;
        lanes.back()->answered = began - std::chrono::milliseconds{1};
        want(lanes.back(), 1);
    }
    EXPECT_EQ(news().size(), 60U);
    a->answered = began;
    want(a, 10);
    EXPECT_EQ(a->in_flight, 3U);
}

TEST_F(ConnectionBudgetTest, SomeOfTheseAreForThoseThatWereQuickBefore) {
    config.delivery.connections = 64;
    const auto began = clock.now();
    std::vector<Lane> lanes;
    for (int i = 0; i < 64; ++i) {
        lanes.push_back(lane("new" + std::to_string(i), Pace::untried));
        lanes.back()->oldest = began;
        want(lanes.back(), 1);
    }
    EXPECT_EQ(news().size(), 56U);
    a->answered = began - std::chrono::hours{1};
    a->is = Pace::moderate;
    want(a, 1);
    EXPECT_EQ(a->in_flight, 1U);
}

TEST_F(ConnectionBudgetTest, ASlowLaneHasATenthOfTheOnlyConnection) {
    config.delivery.connections = 1;
    x->urgent = 9;
    want(x, 10);
    want(a, 3);
    end_one(x);
    EXPECT_EQ(news(), (Names{"x", "a"}));
    end_one(a);
    EXPECT_EQ(news(), (Names{"a"}));
    x->urgent = 10;
    end_one(a);
    EXPECT_EQ(news(), (Names{"x"}));
    x->oldest = clock.now();
    clock.advance(std::chrono::milliseconds{1'100});
    EXPECT_EQ(x->given_up, 1) << "and not for longer than a second, while another waits";
}

TEST_F(ConnectionBudgetTest, WhoHangsLongestIsGivenUpForOneThatHasNothing) {
    config.delivery.connections = 8;
    const auto began = clock.now();
    std::vector<Lane> lanes;
    for (int i = 0; i < 7; ++i) {
        lanes.push_back(lane("new" + std::to_string(i), Pace::untried));
        want(lanes.back(), 1);
        lanes.back()->oldest = began + std::chrono::milliseconds{10 - i};
    }
    const auto left_out = lane("left out", Pace::untried);
    want(left_out, 1);
    ASSERT_EQ(left_out->in_flight, 0U);
    const auto given_up = [&] {
        Names names;
        for (const auto& one : lanes) {
            if (one->given_up > 0) {
                names.push_back(one->name);
            }
        }
        return names;
    };
    clock.advance(std::chrono::milliseconds{999});
    EXPECT_EQ(given_up(), Names{}) << "none has hung for a second";
    for (const auto& one : lanes) {
        one->is = Pace::slow;
    }
    clock.advance(std::chrono::milliseconds{200});
    EXPECT_EQ(given_up(), Names{"new6"}) << "one for the one that waits";
    clock.advance(std::chrono::seconds{5});
    EXPECT_EQ(given_up(), Names{"new6"}) << "and no more before that has ended";
    end_one(lanes[6]);
    EXPECT_EQ(left_out->in_flight, 1U);
}

TEST_F(ConnectionBudgetTest, NothingIsGivenUpWithinTheShareOfSlowOnesNorForASlowOne) {
    config.delivery.connections = 8;
    const auto began = clock.now();
    std::vector<Lane> lanes;
    for (int i = 0; i < 9; ++i) {
        lanes.push_back(lane("slow" + std::to_string(i), Pace::slow));
        lanes.back()->oldest = began;
        want(lanes.back(), 1);
    }
    clock.advance(std::chrono::seconds{5});
    want(a, 3); // all are taken now
    want(b, 1);
    clock.advance(std::chrono::seconds{5});
    for (const auto& one : lanes) {
        EXPECT_EQ(one->given_up, 0) << one->name;
    }
}

} // namespace
} // namespace test

// A target that fails: how long its deliveries wait, and what its probe does.
#include "test/agent/delivery/dispatch_fixture.hpp"

#include <set>

namespace test {
namespace {

struct LaneOutageTest : Dispatching {
    std::vector<agent::Definition> one{webhook("1", "http://a.example/hook")};
};

TEST_F(LaneOutageTest, WaitsLongerEachTimeWhileTheTargetCannotBeReached) {
    targets[a] = refuse;
    start(one);
    add({"1"});
    advance(std::chrono::minutes{30});
    EXPECT_GE(seen.size(), 20U);
    expect_backoff(seen);
    EXPECT_FALSE(lane(a).reachable);
    EXPECT_EQ(parts->stats.webhooks["1"].failed(), seen.size());
    EXPECT_EQ(parts->stats.webhooks["1"].last_error, "connect: connection refused");
}

TEST_F(LaneOutageTest, WaitsLongerEachTimeWhileTheTargetRefuses) {
    targets[a] = unwell;
    start(one);
    add({"1"});
    advance(std::chrono::minutes{30});
    EXPECT_GE(seen.size(), 20U);
    expect_backoff(seen);
    EXPECT_TRUE(lane(a).reachable);
    EXPECT_EQ(parts->stats.webhooks["1"].last_error, "503 Service Unavailable");
}

// Fault: wrong clock | neither waits nor ages change
TEST_F(LaneOutageTest, TheWallClockMakesNoDifference) {
    targets[a] = refuse;
    start(one);
    add({"1"});
    constexpr auto years = std::chrono::hours{24 * 3650};
    for (const auto jump : {years, -2 * years, years, 3 * years, -5 * years}) {
        advance(seconds{40});
        clock.set_wall(clock.wall() + jump);
    }
    advance(seconds{600});
    EXPECT_GE(seen.size(), 10U);
    expect_backoff(seen);
    EXPECT_EQ(pending(), 1U);
    const auto wall = std::chrono::duration_cast<seconds>(clock.wall().time_since_epoch()).count();
    EXPECT_NEAR(static_cast<double>(seen.back().timestamp), static_cast<double>(wall), 101)
        << "webhook-timestamp is the wall clock's";
}

TEST_F(LaneOutageTest, OneProbeStandsForAllRetries) {
    targets[a] = refuse;
    start(one);
    add({"1"}, 100);
    EXPECT_EQ(seen.size(), 100U) << "each had its first attempt at once";
    seen.clear();
    advance(std::chrono::minutes{10});
    EXPECT_GE(seen.size(), 9U);
    EXPECT_LE(seen.size(), 22U);
    std::set<std::string> tried;
    for (const auto& one_probe : seen) {
        tried.insert(one_probe.event);
    }
    EXPECT_EQ(tried.size(), seen.size()) << "probes take turns";

    targets[a] = hang;
    advance(seconds{200});
    EXPECT_EQ(http.hanging(), 1U);
    const auto at_once = clock.now();
    targets[a] = ok;
    seen.clear();
    http.release(FakeHttp::status(200));
    clock.settle();
    EXPECT_EQ(seen.size(), 99U) << "the backlog drains at once";
    EXPECT_EQ(clock.now(), at_once);
    EXPECT_TRUE(lane(a).reachable);
    advance(seconds{200});
    EXPECT_EQ(seen.size(), 99U);
    EXPECT_EQ(pending(), 0U);
}

TEST_F(LaneOutageTest, AnyAnswerEndsTheOutage) {
    targets[a] = refuse;
    start(one);
    add({"1"}, 20);
    advance(seconds{30});
    seen.clear();
    targets[a] = [&, first = true](const Attempt& attempt) mutable {
        return std::exchange(first, false) ? unwell(attempt) : ok(attempt);
    };
    advance(seconds{40});
    EXPECT_TRUE(lane(a).reachable);
    EXPECT_EQ(std::count_if(seen.begin(), seen.end(),
                            [&](const Attempt& attempt) { return attempt.at == seen.front().at; }),
              20);
    advance(seconds{100});
    EXPECT_EQ(pending(), 0U);
    const auto refused = seen_of(seen.front().event);
    ASSERT_EQ(refused.size(), 2U);
    EXPECT_GE(refused[1].at - refused[0].at, Millis{1'000})
        << "the one that was refused waits by itself";
}

TEST_F(LaneOutageTest, AFreshAnswerDrainsTheBacklogToo) {
    targets[a] = refuse;
    start(one);
    add({"1"}, 50);
    advance(seconds{300});
    seen.clear();
    targets[a] = ok;
    add({"1"});
    EXPECT_EQ(seen.size(), 51U);
    EXPECT_EQ(seen.front().event, "e51");
}

TEST_F(LaneOutageTest, FreshOnesGoOneAtATimeWhileTheTargetCannotBeReached) {
    targets[a] = refuse;
    start(one);
    add({"1"});
    targets[a] = hang;
    add({"1"}, 5);
    EXPECT_EQ(http.hanging(), 1U);
    advance(seconds{2});
    EXPECT_EQ(http.hanging(), 2U) << "and the probe";
    EXPECT_EQ(seen.back().event, "e1");
    advance(seconds{500});
    EXPECT_EQ(http.hanging(), 2U);
    targets[a] = ok;
    http.release(FakeHttp::status(200));
    clock.settle();
    EXPECT_EQ(parts->stats.webhooks["1"].delivered(), 5U) << "all but the hanging probe";
    EXPECT_EQ(http.hanging(), 1U);
}

TEST_F(LaneOutageTest, RetryAfterIsHonouredAndNotUsedAsTheProbe) {
    targets[a] = [](const Attempt&) { return common::HttpReply{503, {{"Retry-After", "60"}}, {}}; };
    start(one);
    add({"1"});
    targets[a] = refuse;
    add({"1"});
    advance(seconds{59});
    EXPECT_EQ(seen_of("e1").size(), 1U);
    EXPECT_GE(seen_of("e2").size(), 5U) << "probes go on with what is not held";
    targets[a] = ok;
    advance(seconds{101});
    ASSERT_EQ(seen_of("e1").size(), 2U);
    EXPECT_GE(seen_of("e1")[1].at - seen_of("e1")[0].at, seconds{60});
    EXPECT_EQ(pending(), 0U);
}

TEST_F(LaneOutageTest, ADeliveryThatBreaksTheTargetIsNotSentTooOften) {
    targets[a] = [](const Attempt& attempt) {
        return attempt.event == "e1" ? refuse(attempt) : ok(attempt);
    };
    start(one);
    add({"1"});
    for (int i = 0; i < 600; ++i) {
        advance(Millis{100});
        add({"1"});
    }
    EXPECT_LE(seen_of("e1").size(), 8U);
    EXPECT_GE(seen_of("e1").size(), 5U);
    for (int i = 2; i <= last_event; ++i) {
        EXPECT_EQ(seen_of("e" + std::to_string(i)).size(), 1U) << i;
    }
}

TEST_F(LaneOutageTest, AHangingDeliveryAmongGoodOnesIsNoOutage) {
    targets[a] = [](const Attempt& attempt) {
        return attempt.event == "e1" ? hang(attempt) : ok(attempt);
    };
    start(one);
    add({"1"}, 3);
    ASSERT_EQ(http.hanging(), 1U);
    http.release(FakeHttp::no_answer("read: timed out"));
    clock.settle();
    EXPECT_TRUE(lane(a).reachable);
    EXPECT_EQ(parts->stats.webhooks["1"].last_error, "read: timed out");
}

} // namespace
} // namespace test

// One target: what a lane sends, when, and in which order.
#include "test/agent/delivery/dispatch_fixture.hpp"

#include <set>

namespace test {
namespace {

struct LaneTest : Dispatching {
    std::vector<agent::Definition> one{webhook("1", "http://a.example/hook")};
};

TEST_F(LaneTest, DeliversAtOnceAndOnce) {
    start(one);
    add({"1"}, 3);
    EXPECT_EQ(events(), (std::vector<std::string>{"e1", "e2", "e3"}));
    advance(std::chrono::hours{1});
    EXPECT_EQ(seen.size(), 3U);
    EXPECT_EQ(pending(), 0U);
    EXPECT_EQ(parts->stats.webhooks["1"].delivered(), 3U);
    EXPECT_EQ(parts->stats.webhooks["1"].failed(), 0U);
}

TEST_F(LaneTest, EachAttemptCarriesTheSameIdAndItsNumber) {
    targets[a] = unwell;
    start(one);
    add({"1"});
    advance(seconds{10});
    ASSERT_GE(seen.size(), 4U);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].webhook_id, seen[0].webhook_id);
        EXPECT_EQ(seen[i].number, static_cast<int>(i) + 1);
    }
}

TEST_F(LaneTest, SendAttemptsMakesADeadLetter) {
    for (const auto& [name, target] : {Named{"answers 503", unwell}, Named{"refuses", refuse}}) {
        SCOPED_TRACE(name);
        targets[a] = target;
        seen.clear();
        start({webhook("1", "http://a.example/hook", 3)});
        const auto already = dead();
        add({"1"});
        advance(seconds{100});
        EXPECT_EQ(seen.size(), 3U);
        EXPECT_EQ(dead(), already + 1);
        EXPECT_EQ(pending(), 0U);
        EXPECT_EQ(parts->stats.webhooks["1"].dead, 1U);
        EXPECT_EQ(parts->stats.webhooks["1"].failed(), 3U);
        stop();
    }
}

TEST_F(LaneTest, AChangedSendAttemptsCountsFromTheNextAttemptOn) {
    targets[a] = unwell;
    start(one);
    add({"1"});
    advance(seconds{10});
    const auto made = seen.size();
    ASSERT_GT(made, 3U);
    redefine({webhook("1", "http://a.example/hook", 2)});
    advance(seconds{100});
    EXPECT_EQ(seen.size(), made + 1);
    EXPECT_EQ(dead(), 1U);
}

TEST_F(LaneTest, UsesNoMoreConnectionsThanItMay) {
    targets[a] = hang;
    start(one);
    add({"1"}, 10);
    EXPECT_EQ(http.hanging(), 4U);
    EXPECT_EQ(lane(a).in_flight, 4U);
    EXPECT_EQ(lane(a).held, 6U);
    http.release(FakeHttp::status(200));
    clock.settle();
    EXPECT_EQ(http.hanging(), 4U);
    EXPECT_EQ(seen.size(), 5U);
}

TEST_F(LaneTest, RetriesLeaveOneConnectionToFreshOnes) {
    targets[a] = unwell;
    start(one);
    add({"1"}, 10);
    targets[a] = hang;
    advance(seconds{5});
    EXPECT_EQ(http.hanging(), 3U) << "ten retries are due";
    add({"1"});
    EXPECT_EQ(http.hanging(), 4U);
    EXPECT_EQ(seen.back().event, "e11");
}

TEST_F(LaneTest, FreshOnesGoFirst) {
    config.delivery.connections_per_target = 1;
    targets[a] = unwell;
    start(one);
    add({"1"}, 5);
    targets[a] = hang;
    advance(seconds{5});
    ASSERT_EQ(http.hanging(), 1U);
    seen.clear();
    add({"1"}, 2);
    targets[a] = ok;
    http.release(FakeHttp::status(200));
    clock.settle();
    ASSERT_EQ(seen.size(), 6U);
    EXPECT_EQ(seen[0].event, "e6");
    EXPECT_EQ(seen[1].event, "e7");
    EXPECT_EQ(seen[2].number, 2);
}

TEST_F(LaneTest, ReadsBackInOrderWhatFindsNoRoomInMemory) {
    config.delivery.connections_per_target = 1;
    targets[a] = hang;
    start(one);
    add({"1"}, 600);
    EXPECT_LE(lane(a).held, 256U);
    // More arrive in the middle of the backlog, and again at its end.
    targets[a] = [&](const Attempt& attempt) {
        return attempt.event == "e300" || attempt.event == "e598" ? hang(attempt) : ok(attempt);
    };
    http.release(FakeHttp::status(200));
    clock.settle();
    ASSERT_EQ(seen.back().event, "e300");
    add({"1"}, 395);
    http.release(FakeHttp::status(200));
    clock.settle();
    ASSERT_EQ(seen.back().event, "e598");
    add({"1"}, 5);
    http.release(FakeHttp::status(200));
    clock.settle();
    ASSERT_EQ(seen.size(), 1000U);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        EXPECT_EQ(seen[i].event, "e" + std::to_string(i + 1));
    }
    advance(seconds{10});
    EXPECT_EQ(seen.size(), 1000U);
    EXPECT_EQ(pending(), 0U);
}

TEST_F(LaneTest, AFullLaneDeliversEverythingOnce) {
    targets[a] = hang;
    start(one);
    add({"1"}, 1000);
    targets[a] = ok;
    while (http.hanging() > 0) {
        http.release(FakeHttp::status(200));
        clock.settle();
    }
    std::set<std::string> different;
    for (const auto& attempt : seen) {
        different.insert(attempt.event);
    }
    EXPECT_EQ(seen.size(), 1000U);
    EXPECT_EQ(different.size(), 1000U);
}

TEST_F(LaneTest, ManyRetriesAreReadBackOnce) {
    targets[a] = refuse;
    start(one);
    add({"1"}, 500);
    targets[a] = ok;
    seen.clear();
    advance(seconds{2});
    std::set<std::string> different;
    for (const auto& attempt : seen) {
        different.insert(attempt.event);
    }
    EXPECT_EQ(seen.size(), 500U);
    EXPECT_EQ(different.size(), 500U);
    EXPECT_EQ(pending(), 0U);
}

TEST_F(LaneTest, OldOnesExpire) {
    config.delivery.defaults.max_age = seconds{10};
    targets[a] = refuse;
    start(one);
    add({"1"});
    advance(seconds{10});
    EXPECT_EQ(pending(), 1U);
    const auto made = seen.size();
    advance(seconds{120});
    EXPECT_EQ(seen.size(), made);
    EXPECT_EQ(pending(), 0U);
    EXPECT_EQ(parts->stats.webhooks["1"].expired, 1U);
    EXPECT_EQ(parts->stats.webhooks["1"].dead, 0U);
}

TEST_F(LaneTest, OldOnesExpireInMemoryToo) {
    config.delivery.defaults.max_age = seconds{10};
    config.delivery.connections_per_target = 1;
    targets[a] = hang;
    start(one);
    add({"1"}, 3);
    advance(seconds{11});
    http.release(FakeHttp::status(200));
    advance(seconds{2});
    EXPECT_EQ(seen.size(), 1U);
    EXPECT_EQ(pending(), 0U);
    EXPECT_EQ(parts->stats.webhooks["1"].expired, 2U);
}

TEST_F(LaneTest, OneWebhookMayHaveMoreConnectionsAfterAReload) {
    config.delivery.connections_per_target = 1;
    targets[a] = hang;
    start(one);
    add({"1"}, 5);
    EXPECT_EQ(http.hanging(), 1U);
    config.delivery.connections_per_target = 3;
    redefine(one);
    EXPECT_EQ(http.hanging(), 3U);
}

std::size_t count_of(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++count;
    }
    return count;
}

TEST_F(LaneTest, LogsTheFirstFailureAndTheRecovery) {
    targets[a] = refuse;
    start({webhook("1", "http://user:hidden@a.example/hook")});
    ::testing::internal::CaptureStderr();
    add({"1"}, 20);
    advance(seconds{300});
    targets[a] = ok;
    advance(seconds{300});
    const auto log = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(count_of(log, "target does not answer"), 1U) << log;
    EXPECT_EQ(count_of(log, "target answers again"), 1U) << log;
    EXPECT_EQ(count_of(log, "http://a.example/hook"), 2U) << log;
    EXPECT_EQ(count_of(log, "hidden"), 0U) << log;
    EXPECT_EQ(count_of(log, "\"type\""), 0U) << log;
}

TEST_F(LaneTest, LogsRefusalsAndDeadLettersWithoutAFlood) {
    targets[a] = unwell;
    start({webhook("1", "http://a.example/hook", 1)});
    ::testing::internal::CaptureStderr();
    for (int i = 0; i < 10; ++i) {
        add({"1"});
        targets[a] = i % 2 == 0 ? Target{ok} : Target{unwell};
        advance(seconds{1});
    }
    const auto log = ::testing::internal::GetCapturedStderr();
    EXPECT_EQ(count_of(log, "target refuses a delivery"), 1U) << log;
    EXPECT_EQ(count_of(log, "target accepts deliveries again"), 1U) << log;
    EXPECT_EQ(count_of(log, "a delivery became a dead letter"), 1U) << log;
    advance(seconds{61});
    ::testing::internal::CaptureStderr();
    targets[a] = unwell;
    add({"1"});
    EXPECT_EQ(count_of(::testing::internal::GetCapturedStderr(), "not_logged=4"), 1U);
}

} // namespace
} // namespace test

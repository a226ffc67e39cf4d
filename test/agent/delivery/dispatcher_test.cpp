// Several targets: what they share, and how lanes follow the webhooks.
#include "test/agent/delivery/dispatch_fixture.hpp"

namespace test {
namespace {

std::string target_of(int number) {
    return "http://dead" + std::to_string(number) + ".example";
}

struct DispatcherTest : Dispatching {
    std::vector<agent::Definition> two{webhook("1", "http://a.example/hook"),
                                       webhook("2", "http://b.example/hook")};
};

TEST_F(DispatcherTest, AHangingTargetDelaysNoOther) {
    targets[a] = hang;
    start(two);
    add({"1", "2"}, 20);
    EXPECT_EQ(http.hanging(), 4U);
    EXPECT_EQ(seen_at(b).size(), 20U);
    EXPECT_EQ(parts->stats.webhooks["2"].delivered(), 20U);
}

TEST_F(DispatcherTest, WebhooksOfOneTargetShareItsConnections) {
    targets[a] = hang;
    start({webhook("1", "http://a.example/hook"), webhook("2", "http://a.example:80/other"),
           webhook("3", "http://a.example:81/hook")});
    EXPECT_EQ(parts->dispatcher.targets().size(), 2U);
    add({"1", "2"}, 5);
    EXPECT_EQ(http.hanging(), 3U) << "one is left to a webhook that is known to be prompt";
    add({"3"}, 2);
    EXPECT_EQ(seen_at("http://a.example:81").size(), 2U);
}

TEST_F(DispatcherTest, TheLimitOfAllTargetsIsSharedInTurns) {
    config.delivery.connections = 6;
    start(two);
    add({"1", "2"});
    targets[a] = hang;
    targets[b] = hang;
    add({"1"}, 10);
    EXPECT_EQ(http.hanging(), 4U);
    add({"2"}, 10);
    EXPECT_EQ(http.hanging(), 6U);
    http.release(FakeHttp::status(200));
    clock.settle();
    EXPECT_EQ(lane(a).in_flight, 3U)
        << "whoever waits gets a connection before the one that had it";
    EXPECT_EQ(lane(b).in_flight, 3U);
}

TEST_F(DispatcherTest, DeadTargetsLeaveHalfOfTheConnectionsToOthers) {
    config.delivery.connections = 8;
    std::vector<agent::Definition> definitions{webhook("1", "http://a.example/hook")};
    std::vector<std::string> keys;
    for (int i = 0; i < 20; ++i) {
        targets[target_of(i)] = refuse;
        keys.push_back("d" + std::to_string(i));
        definitions.push_back(webhook(keys.back(), target_of(i) + "/hook"));
    }
    start(definitions);
    add(keys);
    for (int i = 0; i < 20; ++i) {
        targets[target_of(i)] = hang;
    }
    add(keys);
    EXPECT_EQ(http.hanging(), 4U);
    advance(seconds{5});
    EXPECT_EQ(http.hanging(), 4U);
    add({"1"});
    targets[a] = hang;
    add({"1"}, 10);
    EXPECT_EQ(lane(a).in_flight, 4U);

    // Each dead target gets its turn.
    seen.clear();
    targets[a] = ok;
    for (int i = 0; i < 200 && http.hanging() > 0; ++i) {
        http.release(FakeHttp::no_answer("read: timed out"));
        advance(Millis{100});
    }
    for (int i = 0; i < 20; ++i) {
        EXPECT_FALSE(seen_at(target_of(i)).empty()) << i;
    }
}

TEST_F(DispatcherTest, OneConnectionForAllStillServesAll) {
    config.delivery.connections = 1;
    targets[a] = refuse;
    start(two);
    add({"1", "2"}, 3);
    advance(seconds{10});
    EXPECT_EQ(parts->stats.webhooks["2"].delivered(), 3U);
    targets[a] = ok;
    advance(seconds{100});
    EXPECT_EQ(pending(), 0U);
}

TEST_F(DispatcherTest, ATargetThatAnswersAgainLeavesTheHalfOfTheDead) {
    config.delivery.connections = 4;
    targets[a] = refuse;
    start(two);
    add({"1"});
    targets[a] = hang;
    add({"1"});
    advance(seconds{2});
    ASSERT_EQ(lane(a).in_flight, 2U) << "a fresh one and the probe";
    targets[a] = ok;
    http.release(FakeHttp::status(200));
    clock.settle();
    ASSERT_EQ(lane(a).in_flight, 1U);

    targets[b] = refuse;
    add({"2"});
    targets[b] = hang;
    add({"2"});
    advance(seconds{2});
    EXPECT_EQ(lane(b).in_flight, 2U);
}

TEST_F(DispatcherTest, ABusyTargetLeavesADeadOneItsProbe) {
    config.delivery.connections = 1;
    targets[b] = refuse;
    start(two);
    add({"2"});
    targets[a] = hang;
    add({"1"}, 20);
    advance(seconds{2});
    ASSERT_EQ(lane(a).in_flight, 1U);
    const auto made = seen_at(b).size();
    for (int i = 0; i < 2; ++i) {
        http.release(FakeHttp::status(200));
        clock.settle();
    }
    EXPECT_EQ(seen_at(b).size(), made + 1);
}

TEST_F(DispatcherTest, AHangingTargetLeavesTheLastConnectionToAnother) {
    config.delivery.connections = 2;
    config.delivery.connections_per_target = 4;
    targets[a] = hang;
    start(two);
    add({"1"}, 20);
    ASSERT_EQ(lane(a).in_flight, 1U);
    add({"2"});
    EXPECT_EQ(seen_at(b).size(), 1U);
}

TEST_F(DispatcherTest, ALaneGoesOnAfterThoseThatExpiredWaitingForAConnection) {
    config.delivery.connections = 1;
    config.delivery.defaults.max_age = seconds{10};
    targets[a] = hang;
    two[0] = webhook("1", "http://a.example/hook", 9); // limited: not given up for the other
    start(two);
    add({"1"});
    add({"2"}, 300);
    advance(seconds{8});
    add({"2"}, 5);
    advance(seconds{4});
    ASSERT_TRUE(seen_at(b).empty());
    http.release(FakeHttp::status(200));
    advance(seconds{2});
    EXPECT_EQ(seen_at(b).size(), 5U);
    EXPECT_EQ(pending(), 0U);
    EXPECT_EQ(parts->stats.webhooks["2"].expired, 300U);
}

TEST_F(DispatcherTest, DeliveriesOfAnInactiveWebhookWait) {
    targets[a] = refuse;
    start(two);
    add({"1"}, 3);
    redefine({webhook("1", "http://a.example/hook", 0, false), two[1]});
    seen.clear();
    targets[a] = ok;
    advance(std::chrono::hours{1});
    EXPECT_TRUE(seen.empty());
    EXPECT_EQ(pending(), 3U);
    EXPECT_EQ(parts->dispatcher.targets().size(), 1U);
    redefine(two);
    advance(seconds{1});
    EXPECT_EQ(seen.size(), 3U);
    EXPECT_EQ(pending(), 0U);
}

TEST_F(DispatcherTest, FreshOnesOfAnInactiveWebhookWaitToo) {
    config.delivery.connections_per_target = 1;
    targets[a] = hang;
    start(two);
    add({"1"}, 10);
    redefine({webhook("1", "http://a.example/hook", 0, false), two[1]});
    targets[a] = ok;
    http.release(FakeHttp::status(200));
    clock.settle();
    EXPECT_EQ(seen.size(), 1U);
    EXPECT_EQ(pending(), 9U);
    redefine(two);
    EXPECT_EQ(seen.size(), 10U);
    EXPECT_EQ(pending(), 0U);
}

TEST_F(DispatcherTest, PendingOnesGoToTheNewTarget) {
    targets[a] = refuse;
    start({webhook("1", "http://a.example/hook")});
    add({"1"}, 3);
    advance(seconds{5});
    redefine({webhook("1", "http://b.example/new")});
    const auto made = seen_at(a).size();
    advance(seconds{10});
    EXPECT_EQ(seen_at(a).size(), made);
    ASSERT_EQ(seen_at(b).size(), 3U);
    EXPECT_EQ(seen_at(b)[0].path, "/new");
    for (const auto& one : seen_at(b)) {
        EXPECT_GT(one.number, 1) << "the attempts are the delivery's, not the target's";
        EXPECT_EQ(one.webhook_id, seen_of(one.event).front().webhook_id);
    }
    EXPECT_EQ(pending(), 0U);
}

TEST_F(DispatcherTest, AChangedPathIsUsedWithTheNextAttempt) {
    targets[a] = refuse;
    start({webhook("1", "http://a.example/old")});
    add({"1"});
    advance(seconds{50});
    targets[a] = ok;
    redefine({webhook("1", "http://a.example/new")});
    EXPECT_EQ(seen.back().path, "/new") << "and an unreachable target is probed at once";
    EXPECT_EQ(pending(), 0U);
}

TEST_F(DispatcherTest, WhatIsInFlightIsNotSentTwiceWhenTheTargetChanges) {
    targets[a] = hang;
    start({webhook("1", "http://a.example/hook")});
    add({"1"}, 2);
    targets[b] = hang;
    redefine({webhook("1", "http://b.example/hook")});
    advance(seconds{5});
    EXPECT_TRUE(seen_at(b).empty());
    add({"1"});
    EXPECT_EQ(seen_at(b).size(), 1U);
    targets[b] = ok;
    http.release(FakeHttp::status(200));
    http.release(FakeHttp::no_answer());
    advance(seconds{2});
    ASSERT_EQ(seen_at(b).size(), 2U);
    EXPECT_EQ(seen_at(b)[1].event, "e2");
    EXPECT_EQ(seen_at(b)[1].number, 2);
    EXPECT_EQ(parts->dispatcher.targets().size(), 1U);
}

TEST_F(DispatcherTest, ALaneThatComesBackKeepsItsLimit) {
    targets[a] = hang;
    start(two);
    add({"1"}, 10);
    redefine({two[1]});
    EXPECT_EQ(lane(a).in_flight, 4U);
    redefine(two);
    EXPECT_EQ(http.hanging(), 4U);
    http.release(FakeHttp::status(200));
    clock.settle();
    EXPECT_EQ(http.hanging(), 4U);
    EXPECT_EQ(seen.size(), 5U);
}

TEST_F(DispatcherTest, ARemovedLaneEndsWithItsAttempts) {
    targets[a] = hang;
    start(two);
    add({"1"}, 10);
    redefine({two[1]});
    EXPECT_EQ(parts->dispatcher.targets().size(), 2U);
    for (int i = 0; i < 4; ++i) {
        http.release(FakeHttp::status(200));
    }
    clock.settle();
    EXPECT_EQ(seen.size(), 4U);
    EXPECT_EQ(parts->dispatcher.targets().size(), 1U);
    EXPECT_EQ(parts->stats.webhooks["1"].delivered(), 4U);
    EXPECT_EQ(pending(), 6U);
}

TEST_F(DispatcherTest, AnUnchangedLaneIsLeftAlone) {
    targets[a] = refuse;
    start(two);
    add({"1"}, 3);
    advance(seconds{60});
    const auto made = seen.size();
    redefine(two);
    redefine({two[1], two[0], webhook("3", "http://c.example/hook")});
    EXPECT_EQ(seen.size(), made) << "no probe out of turn";
    add({"3"});
    EXPECT_EQ(seen.size(), made + 1);
}

TEST_F(DispatcherTest, ProgressGrowsWithAttemptsAndReads) {
    start(two);
    const auto before = parts->dispatcher.progress();
    add({"1"});
    EXPECT_GT(parts->dispatcher.progress(), before);
    const auto after = parts->dispatcher.progress();
    advance(std::chrono::hours{1});
    EXPECT_EQ(parts->dispatcher.progress(), after) << "idle lanes do nothing";
}

TEST_F(DispatcherTest, ManyLanesReadForThemselves) {
    std::vector<agent::Definition> definitions;
    std::vector<std::string> keys;
    for (int i = 0; i < 200; ++i) {
        keys.push_back(std::to_string(i));
        definitions.push_back(
            webhook(keys.back(), "http://many" + std::to_string(i) + ".example/"));
    }
    start(definitions);
    add(keys, 3);
    EXPECT_EQ(seen.size(), 600U);
    EXPECT_EQ(pending(), 0U);
}

} // namespace
} // namespace test

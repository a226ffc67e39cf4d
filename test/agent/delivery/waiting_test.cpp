// What the deliveries of a webhook wait for, as the dispatcher tells the status.
#include "test/agent/delivery/dispatch_fixture.hpp"

namespace test {
namespace {

struct WaitingTest : Dispatching {
    agent::Waiting waiting(const std::string& key) {
        const auto all = parts->dispatcher.waiting();
        const auto found = all.find(key);
        EXPECT_NE(found, all.end()) << key;
        return found == all.end() ? agent::Waiting{} : found->second;
    }
    /// How long the oldest delivery waits.
    std::optional<Millis> oldest(const std::string& key) {
        const auto accepted = waiting(key).oldest;
        return accepted ? std::optional{Millis{parts->queue.queue_time() - *accepted}}
                        : std::nullopt;
    }
    const agent::WebhookCounters& counted(const std::string& key) {
        return parts->stats.webhooks[key];
    }
};

TEST_F(WaitingTest, TheOldestIsKnownInFlightAndBetweenAttempts) {
    Target answers = hang;
    targets[a] = [&](const Attempt& attempt) { return answers(attempt); };
    start({webhook("1", "http://a.example/hook")});
    EXPECT_EQ(oldest("1"), std::nullopt);
    add({"1"});
    advance(seconds{4});
    EXPECT_EQ(oldest("1"), seconds{4}) << "in flight";
    answers = unwell;
    http.release(FakeHttp::status(503));
    clock.settle();
    EXPECT_EQ(oldest("1"), seconds{4}) << "waits for its retry";
    advance(seconds{30});
    add({"1"});
    EXPECT_EQ(oldest("1"), seconds{34});
    answers = ok;
    advance(seconds{100});
    EXPECT_EQ(oldest("1"), std::nullopt);
    EXPECT_EQ(pending(), 0U);
}

TEST_F(WaitingTest, WhatWasDroppedIsNotTheOldest) {
    targets[a] = unwell;
    start({webhook("1", "http://a.example/hook")});
    add({"1"});
    advance(seconds{4});
    add({"1"});
    const auto dropped = run(loop, parts->queue.edit(agent::Edit::drop, {{65536}, {}, {}}));
    ASSERT_EQ(dropped.value_or(0), 1U);
    clock.settle();
    EXPECT_EQ(oldest("1"), Millis{0});
}

TEST_F(WaitingTest, OneThatGetsNoConnectionSaysWhoHasIt) {
    config.delivery.connections_per_target = 1;
    targets[a] = [](const Attempt& attempt) {
        return attempt.path == "/log" ? hang(attempt) : ok(attempt);
    };
    start({webhook("1", "http://a.example/log"), webhook("2", "http://a.example/door"),
           webhook("3", "http://b.example/")});
    add({"1"});
    add({"2", "3"});
    EXPECT_TRUE(waiting("2").for_connection);
    EXPECT_EQ(waiting("2").behind, "1");
    EXPECT_FALSE(waiting("1").for_connection) << "it has nothing else to send";
    EXPECT_FALSE(waiting("3").for_connection);
    EXPECT_FALSE(waiting("2").probe_in);
    add({"1"});
    EXPECT_TRUE(waiting("1").for_connection);
    EXPECT_EQ(waiting("1").behind, "") << "it has them itself";
}

TEST_F(WaitingTest, SoDoesOneOfAnotherTargetWhileAllConnectionsAreTaken) {
    config.delivery.connections = 1;
    targets[a] = hang;
    start({webhook("1", "http://a.example/log"), webhook("2", "http://b.example/door")});
    add({"1"});
    add({"2"});
    EXPECT_TRUE(waiting("2").for_connection);
    EXPECT_EQ(waiting("2").behind, "1");
}

TEST_F(WaitingTest, ASilentPathIsToldFromASilentTarget) {
    targets[a] = [](const Attempt& attempt) {
        return attempt.path == "/log" ? refuse(attempt) : ok(attempt);
    };
    targets[b] = refuse;
    start({webhook("1", "http://a.example/log"), webhook("2", "http://a.example/door"),
           webhook("3", "http://b.example/x"), webhook("4", "http://b.example/y")});
    add({"1", "2", "3", "4"});
    EXPECT_TRUE(waiting("1").probe_in);
    EXPECT_FALSE(waiting("1").target_silent);
    EXPECT_FALSE(waiting("2").probe_in);
    EXPECT_TRUE(waiting("3").probe_in && waiting("4").probe_in);
    EXPECT_TRUE(waiting("3").target_silent && waiting("4").target_silent);
    targets[b] = ok;
    advance(seconds{5});
    EXPECT_FALSE(waiting("3").probe_in);
    EXPECT_FALSE(waiting("3").target_silent);
}

TEST_F(WaitingTest, CountersKnowSinceWhenAWebhookFails) {
    targets[a] = unwell;
    start({webhook("1", "http://a.example/hook", 2)});
    add({"1"});
    const auto failed = clock.now();
    EXPECT_EQ(counted("1").failing_since, failed);
    advance(seconds{20});
    EXPECT_EQ(counted("1").failing_since, failed);
    EXPECT_EQ(counted("1").last_death, "503 Service Unavailable");
    ASSERT_TRUE(counted("1").died_at);
    EXPECT_GT(*counted("1").died_at, failed);
    EXPECT_EQ(counted("1").last_success, std::nullopt);
    targets[a] = ok;
    add({"1"});
    EXPECT_EQ(counted("1").failing_since, std::nullopt);
    EXPECT_EQ(counted("1").last_success, clock.now());
    targets[a] = [](const Attempt&) {
        return FakeHttp::Answer{common::fail(common::Fault::own, "no descriptor is free")};
    };
    add({"1"});
    EXPECT_TRUE(counted("1").own_fault);
    EXPECT_EQ(counted("1").failing_since, clock.now());
    targets[a] = ok;
    advance(seconds{2});
    EXPECT_FALSE(counted("1").own_fault);
    EXPECT_EQ(counted("1").failing_since, std::nullopt);
}

} // namespace
} // namespace test

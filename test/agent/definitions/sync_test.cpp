#include "test/agent/definitions/sync_fixture.hpp"

namespace {

using agent::ServerStatus;
using common::Fault;
using common::HttpRequest;
using common::Millis;
using test::json_answer;
using test::Keys;
using test::lines_with;
using test::PendingFetch;
using Sync = test::SyncFixture;

TEST_F(Sync, FetchesAtStartAndAnIntervalAfterTheEndOfTheLast) {
    EXPECT_EQ(counters.server.state, ServerStatus::State::starting);
    hang();
    start();
    EXPECT_EQ(calls(), 1U);
    clock.advance(Millis{90'000}); // a slow server gets no second request
    EXPECT_EQ(calls(), 1U);
    http.release(json_answer(200, R"([{"id":1,"name":"a","target":"http://t/"}])"));
    clock.settle();
    EXPECT_EQ(served(), (Keys{"1"}));
    clock.advance(Millis{59'999});
    EXPECT_EQ(calls(), 1U);
    clock.advance(Millis{1});
    EXPECT_EQ(calls(), 2U);
}

TEST_F(Sync, UsesTheConfiguredInterval) {
    config.server.sync_interval = Millis{5'000};
    start();
    clock.advance(Millis{50'000});
    EXPECT_EQ(calls(), 11U);
    EXPECT_EQ(logins, 1);
}

TEST_F(Sync, BacksOffWhileFetchesFail) {
    fail();
    start();
    std::size_t made = 1;
    for (const int wait_s : {1, 2, 4, 8, 16, 32, 60, 60, 60}) {
        clock.advance(Millis{wait_s * 1000 - 1});
        EXPECT_EQ(calls(), made) << wait_s;
        clock.advance(Millis{1});
        EXPECT_EQ(calls(), ++made) << wait_s;
    }
    serve("[]");
    clock.advance(Millis{60'000});
    EXPECT_EQ(calls(), ++made);
    fail();
    clock.advance(Millis{60'000});
    EXPECT_EQ(calls(), ++made);
    clock.advance(Millis{1'000});
    EXPECT_EQ(calls(), made + 1);
}

TEST_F(Sync, JittersItsWaits) {
    chance = test::half_wait;
    fail();
    start();
    std::size_t made = 1;
    for (const int wait_ms : {500, 1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000}) {
        SCOPED_TRACE(wait_ms);
        clock.advance(Millis{wait_ms - 1});
        EXPECT_EQ(calls(), made);
        clock.advance(Millis{1});
        EXPECT_EQ(calls(), ++made);
    }
}

TEST_F(Sync, DoesNotStormAServerThatRefusesTheLogin) {
    on_login = [](const HttpRequest&) { return json_answer(401, ""); };
    start();
    clock.advance(std::chrono::minutes{10});
    EXPECT_EQ(logins, 7 + 8);
    EXPECT_EQ(counters.server.state, ServerStatus::State::failing);
}

TEST_F(Sync, IgnoresJumpsOfTheWallClock) {
    start();
    clock.set_wall(common::WallTime{});
    clock.advance(Millis{59'999});
    clock.set_wall(common::WallTime{std::chrono::seconds{4'000'000'000}});
    EXPECT_EQ(calls(), 1U);
    clock.advance(Millis{1});
    EXPECT_EQ(calls(), 2U);
    EXPECT_EQ(logins, 1);
}

TEST_F(Sync, SharesOneFetchAmongCallers) {
    hang();
    start();
    PendingFetch first{*this};
    PendingFetch second{*this};
    clock.settle();
    EXPECT_EQ(calls(), 1U);
    http.release(json_answer(200, R"([{"id":1},{"id":2}])"));
    clock.settle();
    EXPECT_EQ(calls(), 1U);
    for (const auto* one : {&first, &second}) {
        ASSERT_TRUE(one->result && *one->result);
        EXPECT_EQ(one->result->value().added, (Keys{"1", "2"}));
    }
}

TEST_F(Sync, SharesAFailureAmongCallers) {
    hang();
    PendingFetch first{*this};
    PendingFetch second{*this};
    clock.settle();
    http.release(json_answer(403, R"({"detail":"no right"})"));
    clock.settle();
    for (const auto* one : {&first, &second}) {
        ASSERT_TRUE(one->result);
        EXPECT_EQ(one->result->error().fault, Fault::refused);
    }
    EXPECT_EQ(counters.server.failures, 1U);
}

TEST_F(Sync, ReturnsWhatChanged) {
    serve(R"([{"id":1,"name":"a","target":"http://t/"},{"id":2,"name":"b","target":"http://t/"}])");
    EXPECT_EQ(fetch()->added, (Keys{"1", "2"}));
    serve(R"([{"id":2,"name":"c","target":"http://t/"},{"id":3,"name":"d","target":"http://t/"}])");
    const auto changes = fetch();
    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->added, (Keys{"3"}));
    EXPECT_EQ(changes->changed, (Keys{"2"}));
    EXPECT_EQ(changes->removed, (Keys{"1"}));
    const auto again = fetch();
    ASSERT_TRUE(again);
    EXPECT_TRUE(again->empty());
    serve("[]");
    EXPECT_EQ(fetch()->removed, (Keys{"2", "3"}));
    EXPECT_TRUE(cache.known());
}

TEST_F(Sync, KeepsTheLastGoodListWhenAFetchFails) {
    serve(R"([{"id":1},{"id":2}])");
    ASSERT_TRUE(fetch());
    for (const auto* body : {R"([{"id":1},{"name":"no id"}])", R"([{"id":1})", "<html>",
                             R"({"results":[{"id":9}],"next":"http://x/"})"}) {
        serve(body);
        EXPECT_FALSE(fetch()) << body;
        EXPECT_EQ(served(), (Keys{"1", "2"})) << body;
    }
}

TEST_F(Sync, KeepsTheServersStatus) {
    clock.set_wall(common::WallTime{std::chrono::seconds{1'760'000'000}});
    ASSERT_TRUE(fetch());
    EXPECT_EQ(counters.server.state, ServerStatus::State::ok);
    EXPECT_EQ(counters.server.last_sync, common::WallTime{std::chrono::seconds{1'760'000'000}});
    EXPECT_EQ(counters.server.last_error, "");
    clock.advance(Millis{5'000});
    fail();
    const auto failed = fetch();
    ASSERT_FALSE(failed);
    EXPECT_EQ(counters.server.state, ServerStatus::State::failing);
    EXPECT_EQ(counters.server.last_sync, common::WallTime{std::chrono::seconds{1'760'000'000}});
    EXPECT_EQ(counters.server.last_error, failed.error().message);
    EXPECT_EQ(counters.server.failures, 1U);
    EXPECT_EQ(counters.server.fault, common::Fault::unreachable);
    const auto since = clock.now();
    EXPECT_EQ(counters.server.failing_since, since);
    clock.advance(Millis{10});
    fetch();
    EXPECT_EQ(counters.server.failures, 2U);
    EXPECT_EQ(counters.server.failing_since, since);
    serve("[]");
    ASSERT_TRUE(fetch());
    EXPECT_EQ(counters.server.state, ServerStatus::State::ok);
    EXPECT_EQ(counters.server.last_error, "");
    EXPECT_EQ(counters.server.failing_since, std::nullopt);
    EXPECT_EQ(counters.server.failures, 2U);
}

TEST_F(Sync, CountsADatabaseErrorAsAFailure) {
    database.close();
    serve(R"([{"id":1}])");
    const auto failed = fetch();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().fault, Fault::storage);
    EXPECT_EQ(counters.server.state, ServerStatus::State::failing);
    EXPECT_EQ(served(), Keys{});
}

TEST_F(Sync, PostponesTheRegularFetchAfterOneOnRequest) {
    start();
    clock.advance(Millis{40'000});
    ASSERT_TRUE(fetch());
    EXPECT_EQ(calls(), 2U);
    clock.advance(Millis{59'999});
    EXPECT_EQ(calls(), 2U);
    clock.advance(Millis{1});
    EXPECT_EQ(calls(), 3U);
}

TEST_F(Sync, RetriesSoonAfterAFailedFetchOnRequest) {
    start();
    fail();
    EXPECT_FALSE(fetch());
    clock.advance(Millis{1'000});
    EXPECT_EQ(calls(), 3U);
}

TEST_F(Sync, FetchesAtOnceWhenTheConfigurationChanges) {
    start();
    clock.advance(Millis{10'000});
    sync.refetch_now();
    clock.settle();
    EXPECT_EQ(calls(), 2U);
    clock.advance(Millis{59'999});
    EXPECT_EQ(calls(), 2U);
    fail();
    clock.advance(Millis{1});
    clock.advance(Millis{600'000});
    const auto before = calls();
    sync.refetch_now();
    clock.settle();
    EXPECT_EQ(calls(), before + 1);
}

TEST_F(Sync, FetchesAgainIfTheConfigurationChangesDuringAFetch) {
    hang();
    start();
    PendingFetch asked{*this};
    clock.settle();
    sync.refetch_now();
    clock.settle();
    EXPECT_EQ(calls(), 1U);
    serve(R"([{"id":2}])");
    http.release(json_answer(200, R"([{"id":1}])"));
    clock.settle();
    EXPECT_EQ(calls(), 4U) << "1 is missing now: the list is read twice, and 1 asked for";
    ASSERT_TRUE(asked.result && *asked.result);
    EXPECT_EQ(asked.result->value().added, (Keys{"2"}));
    EXPECT_EQ(served(), (Keys{"2"}));
}

TEST_F(Sync, FetchesNothingUntilThereIsAServer) {
    const auto url = config.server.url;
    config.server.url.reset();
    start();
    clock.advance(std::chrono::hours{1});
    EXPECT_EQ(counters.server.state, ServerStatus::State::standalone);
    const auto changes = fetch();
    ASSERT_TRUE(changes);
    EXPECT_TRUE(changes->empty());
    EXPECT_TRUE(http.requests().empty());

    config.server.url = url;
    sync.refetch_now();
    clock.settle();
    EXPECT_EQ(calls(), 1U);
    EXPECT_EQ(counters.server.state, ServerStatus::State::ok);

    config.server.url.reset();
    sync.refetch_now();
    clock.advance(std::chrono::hours{1});
    EXPECT_EQ(calls(), 1U);
    EXPECT_EQ(counters.server.state, ServerStatus::State::standalone);
}

TEST_F(Sync, LogsTheFirstFailureAndTheRecovery) {
    testing::internal::CaptureStderr();
    fail();
    start();
    clock.advance(std::chrono::minutes{10});
    serve(R"([{"id":1}])");
    clock.advance(std::chrono::minutes{10});
    const auto log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(lines_with(log, "cannot fetch webhooks"), 1U) << log;
    EXPECT_EQ(lines_with(log, "fetching webhooks works again"), 1U) << log;
    EXPECT_EQ(lines_with(log, "webhooks changed added=1 changed=0 removed=0"), 1U) << log;
    EXPECT_EQ(lines_with(log, "\n"), 3U) << log;
    EXPECT_EQ(log.find("pass-word-1"), std::string::npos);
}

} // namespace

// What counts as a removal: never one reading alone, never a list that says that there is more.
#include "test/agent/definitions/sync_fixture.hpp"

namespace {

using common::HttpRequest;
using test::FakeHttp;
using test::json_answer;
using test::Keys;
using test::lines_with;
using test::PendingFetch;
using SyncRemoval = test::SyncFixture;

/// Answers one after the other; the last one again and again.
struct Answers {
    std::vector<FakeHttp::Answer> list;
    std::size_t next = 0;
    FakeHttp::Answer operator()(const HttpRequest&) {
        return list[std::min(next++, list.size() - 1)];
    }
};
FakeHttp::Answer ok(const std::string& list) {
    return json_answer(200, list);
}

TEST_F(SyncRemoval, APageRaceRemovesNothing) {
    // Pages of two. Between page 1 and page 2 somebody deletes 1: 3 moves up to page 1.
    serve(R"([{"id":1},{"id":2},{"id":3},{"id":4},{"id":5}])");
    ASSERT_TRUE(fetch());
    const auto before = calls();
    on_call = Answers{{ok(R"({"results":[{"id":1},{"id":2}],"next":"?page=2"})"),
                       ok(R"({"results":[{"id":4},{"id":5}],"next":null})"),
                       ok(R"({"results":[{"id":2},{"id":3}],"next":"?page=2"})"),
                       ok(R"({"results":[{"id":4},{"id":5}],"next":null})")}};
    auto changes = fetch();
    ASSERT_TRUE(changes);
    EXPECT_EQ(calls(), before + 4);
    EXPECT_EQ(changes->removed, Keys{});
    EXPECT_EQ(served(), (Keys{"2", "3", "4", "5", "1"}));
    // 1 is gone from two readings of the next fetch.
    serve(R"([{"id":2},{"id":3},{"id":4},{"id":5}])");
    changes = fetch();
    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->removed, (Keys{"1"}));
    EXPECT_EQ(calls(), before + 6);
    ASSERT_TRUE(fetch());
    EXPECT_EQ(calls(), before + 7) << "where nothing is missing one reading is enough";
}

TEST_F(SyncRemoval, TheSecondReadingKnowsBetterWhatChanged) {
    serve(R"([{"id":1,"name":"a"},{"id":2,"name":"b"}])");
    ASSERT_TRUE(fetch());
    on_call = Answers{
        {ok(R"([{"id":1,"name":"old"},{"id":3}])"), ok(R"([{"id":1,"name":"new"},{"id":4}])")}};
    const auto changes = fetch();
    ASSERT_TRUE(changes);
    EXPECT_EQ(changes->added, (Keys{"4", "3"}));
    EXPECT_EQ(changes->removed, (Keys{"2"}));
    EXPECT_EQ(cache.snapshot()->find("1")->name, "new");
}

TEST_F(SyncRemoval, ARemovalNeedsBothReadings) {
    for (const auto& second : {FakeHttp::no_answer(), json_answer(500, ""), ok("<html>"),
                               ok(R"({"results":[],"count":2})"), ok(R"([{"id":1},{"id":2}])")}) {
        serve(R"([{"id":1},{"id":2}])");
        ASSERT_TRUE(fetch());
        on_call = Answers{{ok("[]"), second}};
        fetch();
        EXPECT_EQ(served(), (Keys{"1", "2"}));
    }
}

TEST_F(SyncRemoval, AListThatSaysThatThereIsMoreChangesNothing) {
    serve(R"([{"id":1},{"id":2},{"id":3}])");
    ASSERT_TRUE(fetch());
    for (const auto* body :
         {R"({"results":[{"id":1},{"id":2}],"count":3})", R"({"items":[{"id":1}],"total":3})",
          R"({"data":[{"id":1}],"has_more":true})", R"({"items":[],"meta":{"total":3}})"}) {
        serve(body);
        EXPECT_FALSE(fetch()) << body;
        EXPECT_EQ(served(), (Keys{"1", "2", "3"})) << body;
    }
}

TEST_F(SyncRemoval, DoesNotMergeTheListsOfTwoServers) {
    serve(R"([{"id":1},{"id":2}])");
    ASSERT_TRUE(fetch());
    hang();
    PendingFetch asked{*this};
    clock.settle();
    http.release(ok(R"([{"id":1}])"));
    clock.settle();
    config.server.url = common::parse_url("http://other").value();
    sync.refetch_now();
    serve(R"([{"id":7}])");
    http.release(ok(R"([{"id":1}])"));
    clock.settle();
    ASSERT_TRUE(asked.result && *asked.result);
    EXPECT_EQ(served(), (Keys{"7"}));
}

TEST_F(SyncRemoval, NamesTheWebhooksThatWereRemoved) {
    serve(R"([{"id":1,"name":"door"},{"id":2,"name":"a\nb"},{"id":3,"name":"gate"}])");
    ASSERT_TRUE(fetch());
    serve(R"([{"id":3,"name":"gate"}])");
    testing::internal::CaptureStderr();
    ASSERT_TRUE(fetch());
    const auto log = testing::internal::GetCapturedStderr();
    EXPECT_EQ(lines_with(log, "webhooks removed"), 1U) << log;
    for (const auto* part : {"1 ", "door", "2 ", "a", "removed=2"}) {
        EXPECT_NE(log.find(part), std::string::npos) << log;
    }
    EXPECT_EQ(log.find("gate"), std::string::npos) << log;
    EXPECT_EQ(lines_with(log, "\n"), 2U) << log;
}

} // namespace

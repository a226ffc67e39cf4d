// What counts as a removal: never one reading alone, never a list that says that there is more.
#include "test/agent/definitions/sync_fixture.hpp"

#include <functional>
#include <set>

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
    EXPECT_EQ(calls(), before + 7) << "two readings and the question for 1";
    ASSERT_TRUE(fetch());
    EXPECT_EQ(calls(), before + 8) << "where nothing is missing one reading is enough";
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

/// A server that sends a part of its list at each reading, and is asked for webhooks one by one.
struct Witness : SyncRemoval {
    /// Fetches `all`; then the list is `part`, and a webhook by itself is answered by `one`.
    void serve_part(const std::string& all, const std::string& part,
                    std::function<FakeHttp::Answer(const std::string& id)> one) {
        serve(all);
        ASSERT_TRUE(fetch());
        asked.clear();
        on_call = [this, part, one = std::move(one)](const HttpRequest& request) {
            const std::string list = "/v1/webhooks/";
            if (request.url.target.size() == list.size()) {
                return ok(part);
            }
            asked.push_back(request.url.target.substr(list.size()));
            asked.back().pop_back();
            return one(asked.back());
        };
    }
    std::string error() {
        const auto changes = fetch();
        return changes ? "" : changes.error().message;
    }
    static FakeHttp::Answer itself(const std::string& id) { return ok(R"({"id":)" + id + "}"); }
    static FakeHttp::Answer gone(const std::string&) { return json_answer(404, ""); }

    Keys asked;
};
const std::string six = R"([{"id":1},{"id":2},{"id":3},{"id":4},{"id":5},{"id":6}])";
const std::string three = R"([{"id":1},{"id":2},{"id":3}])";

TEST_F(Witness, AWebhookThatTheServerStillHasIsNotRemoved) {
    const FakeHttp::Answer answers[] = {ok(R"({"id":5,"name":"x"})"),    ok(R"({"data":{"id":5}})"),
                                        ok(R"({"webhook":{"id":5}})"),   ok(R"({"id":"5"})"),
                                        ok(R"({"results":[{"id":5}]})"), ok(R"([{"id":5}])")};
    for (const auto& answer : answers) {
        serve_part(six, three,
                   [&](const std::string& id) { return id == "5" ? answer : gone(id); });
        EXPECT_NE(error().find("breaks off: webhook 5 is not on it, but the server still has it"),
                  std::string::npos)
            << answer->body;
        EXPECT_EQ(served(), (Keys{"1", "2", "3", "4", "5", "6"})) << answer->body;
        EXPECT_EQ(asked, (Keys{"4", "5"}));
    }
}

TEST_F(Witness, WhatIsGoneIsRemoved) {
    for (const unsigned status : {404, 410}) {
        serve_part(six, three, [&](const std::string&) { return json_answer(status, "<html>"); });
        const auto changes = fetch();
        ASSERT_TRUE(changes) << changes.error().message;
        EXPECT_EQ(changes->removed, (Keys{"4", "5", "6"}));
        EXPECT_EQ(asked, (Keys{"4", "5", "6"}));
    }
}

TEST_F(Witness, WithoutSuchACallTwoReadingsAreEnough) {
    const FakeHttp::Answer answers[] = {
        json_answer(405, ""), json_answer(501, ""), ok(three), ok("[]"), ok(""), ok("{}"),
        ok("<html>"),         json_answer(204, "")};
    for (const auto& answer : answers) {
        serve_part(six, three, [&](const std::string&) { return answer; });
        EXPECT_EQ(error(), "") << answer->status << answer->body;
        EXPECT_EQ(served(), (Keys{"1", "2", "3"})) << answer->status << answer->body;
    }
    serve_part(R"([{"id":-1},{"id":2}])", "[]", gone);
    EXPECT_EQ(error(), "");
    EXPECT_EQ(asked, (Keys{"2"})) << "a key that is no path is not asked for";
    EXPECT_EQ(served(), Keys{});
}

TEST_F(Witness, AnyOtherAnswerChangesNothing) {
    const FakeHttp::Answer answers[] = {
        FakeHttp::no_answer(), json_answer(500, ""), json_answer(503, ""), json_answer(429, ""),
        json_answer(400, ""),  json_answer(403, ""), json_answer(302, "")};
    for (const auto& answer : answers) {
        client.forget_login();
        serve_part(six, three,
                   [&](const std::string& id) { return id == "4" ? gone(id) : answer; });
        EXPECT_NE(error().find("/v1/webhooks/5/"), std::string::npos);
        EXPECT_EQ(served(), (Keys{"1", "2", "3", "4", "5", "6"}));
    }
}

TEST_F(Witness, ManyAreAskedForInASample) {
    const auto list_of = [](int count) {
        auto list = nlohmann::json::array();
        for (int id = 1; id <= count; ++id) {
            list.push_back({{"id", id}});
        }
        return list.dump();
    };
    serve_part(list_of(200), three, gone);
    EXPECT_EQ(error(), "");
    EXPECT_EQ(asked.size(), 20U);
    EXPECT_EQ(std::set(asked.begin(), asked.end()).size(), 20U);
    EXPECT_EQ(served(), (Keys{"1", "2", "3"}));
    // Of a list that was cut off all of the sample are still there.
    serve_part(list_of(200), list_of(50), itself);
    EXPECT_NE(error().find("breaks off"), std::string::npos);
    EXPECT_EQ(served().size(), 200U);
    // A sample says nothing where the readings themselves do not agree.
    on_call = Answers{{ok("[]"), ok(three), json_answer(404, "")}};
    EXPECT_NE(error().find("two readings of the list of webhooks differ"), std::string::npos);
    EXPECT_EQ(served().size(), 200U);
}

TEST_F(Witness, WhereTheEndIsInDoubtTheServerMustSayThatItIsGone) {
    const std::string items = R"({"items":)" + three;
    for (const auto* sign :
         {R"("limit":3)", R"("per_page":3,"page":1)", R"("page":1,"size":3)", R"("cursor":"abc")",
          R"("after":"abc")", R"("paging":{"cursors":{"after":"abc"}})",
          R"("count":3,"meta":{"limit":3})"}) {
        SCOPED_TRACE(sign);
        const auto part = items + "," + sign + "}";
        for (const auto& answer : {ok(part), json_answer(405, ""), json_answer(404, "")}) {
            serve_part(six, part, [&](const std::string&) { return answer; });
            EXPECT_NE(error().find("may break off ("), std::string::npos);
            EXPECT_EQ(served().size(), 6U) << answer->status;
        }
        serve_part(six, part,
                   [](const std::string& id) { return id <= "3" ? itself(id) : gone(id); });
        EXPECT_EQ(error(), "");
        EXPECT_EQ(served(), (Keys{"1", "2", "3"}));
    }
}

TEST_F(Witness, AListOfAServerThatFailedChangesNothing) {
    for (const auto* list :
         {R"({"error":"db down","results":[]})", R"({"success":false,"data":[]})",
          R"({"status":"error","data":[]})", R"({"items":[],"total":6.0})",
          R"({"items":[],"total":{"value":6}})"}) {
        serve_part(six, list, gone);
        EXPECT_NE(error(), "") << list;
        EXPECT_EQ(served().size(), 6U) << list;
    }
    serve_part(six, R"({"results":[],"items":)" + six + "}", gone);
    EXPECT_EQ(error(), "");
    EXPECT_EQ(served().size(), 6U);
}

TEST_F(Witness, ATotalThatShrinksFromPageToPageIsTheLargest) {
    serve(six);
    ASSERT_TRUE(fetch());
    on_call = [](const HttpRequest& request) {
        return request.url.target.ends_with("2")
                   ? ok(R"({"results":[{"id":5},{"id":6}],"count":5,"next":null})")
                   : ok(R"({"results":[{"id":1},{"id":2},{"id":3}],"count":6,"next":"?page=2"})");
    };
    EXPECT_NE(error().find("count = 6"), std::string::npos);
    EXPECT_EQ(served().size(), 6U);
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

#include "test/agent/api/control_fixture.hpp"

#include <algorithm>

namespace test {
namespace {

using DeliveriesApiTest = ControlTest;

TEST_F(DeliveriesApiTest, ListsDeliveriesPageByPage) {
    const auto ids = fill(5);
    const auto all = get("/v1/deliveries");
    EXPECT_EQ(ids_in(all), ids);
    EXPECT_EQ(all["next"], nullptr);
    EXPECT_EQ(
        keys(all["deliveries"][0]),
        (std::set<std::string>{"id", "state", "webhook", "name", "event_id", "age_s", "attempts",
                               "next_attempt_s", "last_status", "last_error", "accepted_at"}));
    EXPECT_EQ(all["total"], 5);
    EXPECT_EQ(all["deliveries"][0]["name"], "log");
    EXPECT_EQ(all["deliveries"][0]["webhook"], "8");

    std::vector<std::int64_t> seen;
    std::string after;
    for (int pages = 0; pages < 10; ++pages) {
        const auto page = get("/v1/deliveries?limit=2" + after);
        EXPECT_LE(page["deliveries"].size(), 2U);
        const auto more = ids_in(page);
        seen.insert(seen.end(), more.begin(), more.end());
        if (page["next"].is_null()) {
            break;
        }
        after = "&after=" + page["next"].dump();
    }
    EXPECT_EQ(seen, ids);
}

TEST_F(DeliveriesApiTest, ARetryBehindAProbeIsDueNoSoonerThanThat) {
    const auto ids = fill(3);
    const auto retry = [&](std::int64_t id, std::int64_t in_ms) {
        agent::RecordedOutcome recorded;
        recorded.id = id;
        recorded.webhook = "8";
        recorded.kind = agent::Outcome::Kind::retry;
        recorded.attempts = 1;
        recorded.due = queue.queue_time() + in_ms;
        queue.record(std::move(recorded));
    };
    retry(ids[1], 0);
    retry(ids[2], 60'000);
    const auto due = [&] {
        const auto page = get("/v1/deliveries");
        std::vector<double> seconds;
        for (const auto& row : page["deliveries"]) {
            seconds.push_back(row["next_attempt_s"]);
        }
        return seconds;
    };
    EXPECT_EQ(due(), (std::vector<double>{0, 0, 60}));
    control->show_probes([](const std::string& webhook) {
        return webhook == "8" ? std::optional{common::Millis{7'000}} : std::nullopt;
    });
    EXPECT_EQ(due(), (std::vector<double>{0, 7, 60})) << "a first attempt waits for no probe";
    EXPECT_EQ(get(webhook_path(ids[1]))["next_attempt_s"], 7);
}

TEST_F(DeliveriesApiTest, NamesTheWebhookWhileItIsKnown) {
    post(R"({"type":"face","id":"both"})");
    const auto page = get("/v1/deliveries");
    std::set<std::string> names;
    for (const auto& row : page["deliveries"]) {
        names.insert(row["webhook"].get<std::string>() + " " + row["name"].get<std::string>());
    }
    EXPECT_EQ(names, (std::set<std::string>{"7 door", "8 log"}));
    cache.rebuild({{"8", everything}});
    EXPECT_EQ(get("/v1/deliveries?webhook=7")["deliveries"].at(0)["name"], "");
    EXPECT_EQ(get("/v1/deliveries?webhook=8")["deliveries"].at(0)["name"], "log");
}

TEST_F(DeliveriesApiTest, ListsWhatTheQuerySelects) {
    post(R"({"type":"face","id":"both"})");
    const auto ids = fill(2);
    kill(ids[0], "8");
    EXPECT_EQ(get("/v1/deliveries?state=dead")["deliveries"].size(), 1U);
    EXPECT_EQ(get("/v1/deliveries?state=pending")["deliveries"].size(), 3U);
    EXPECT_EQ(get("/v1/deliveries?webhook=7")["deliveries"].size(), 1U);
    EXPECT_EQ(get("/v1/deliveries?webhook=%38&state=pending")["deliveries"].size(), 2U);
    EXPECT_EQ(get("/v1/deliveries?webhook=log&state=pending")["deliveries"].size(), 2U)
        << "a name does as well";
    EXPECT_EQ(get("/v1/deliveries?state=&webhook=&limit=&after=")["deliveries"].size(), 4U)
        << "a parameter without a value counts as absent";
    const auto dead = get("/v1/deliveries?state=dead")["deliveries"][0];
    EXPECT_EQ(dead["state"], "dead");
    EXPECT_EQ(dead["last_error"], "503 Service Unavailable");
    EXPECT_EQ(dead["last_status"], 503);
    EXPECT_EQ(dead["attempts"], 1);
    EXPECT_EQ(dead["next_attempt_s"], nullptr);
}

TEST_F(DeliveriesApiTest, RefusesBadQueriesByName) {
    struct Bad {
        const char* query;
        const char* named;
    };
    for (const auto& bad :
         {Bad{"state=alive", "state"}, Bad{"state=Dead", "state"}, Bad{"limit=0", "limit"},
          Bad{"limit=ten", "limit"}, Bad{"limit=5x", "limit"}, Bad{"limit=-1", "limit"},
          Bad{"limit=1.5", "limit"}, Bad{"after=-1", "after"}, Bad{"after=x", "after"},
          Bad{"after=99999999999999999999", "after"}, Bad{"bodies=2", "bodies"},
          Bad{"bodies=yes", "bodies"}, Bad{"color=red", "color"}, Bad{"=5", "unknown"},
          Bad{"limit=5&limit=6", "limit"}, Bad{"webhook=%zz", "percent"},
          Bad{"State=dead", "State"}}) {
        SCOPED_TRACE(bad.query);
        const auto detail =
            problem_of(call("GET", std::string{"/v1/deliveries?"} + bad.query), 400);
        EXPECT_NE(detail.find(bad.named), std::string::npos) << detail;
    }
    EXPECT_EQ(get("/v1/deliveries?limit=1000000")["deliveries"].size(), 0U)
        << "the limit is cut to one page";
}

constexpr const char* precise = "{\"type\":\"car\", \"id\": \"p\",\n \"big\": "
                                "123456789012345678901234567890, \"one\": 1.0, \"e\":1e2}";

TEST_F(DeliveriesApiTest, ListsEventsByteForByte) {
    post(precise);
    const auto reply = call("GET", "/v1/deliveries?bodies=1");
    ASSERT_EQ(reply.status, 200U);
    EXPECT_NE(reply.body.find(std::string{"\"event\":"} + precise), std::string::npos)
        << reply.body;
    EXPECT_EQ(Json::parse(reply.body)["deliveries"][0]["event"]["one"], 1.0);
    EXPECT_FALSE(get("/v1/deliveries?bodies=0")["deliveries"][0].contains("event"));
}

TEST_F(DeliveriesApiTest, EndsAPageOfLargeEventsEarlyAndLosesNone) {
    const std::string filler(600'000, 'x');
    for (int i = 0; i < 12; ++i) {
        ASSERT_EQ(
            post(R"({"type":"car","id":)" + std::to_string(i) + R"(,"filler":")" + filler + "\"}")
                .status,
            202U);
    }
    std::set<std::string> seen;
    std::string after;
    int pages = 0;
    for (; pages < 20; ++pages) {
        const auto page = get("/v1/deliveries?bodies=1&limit=1000" + after);
        for (const auto& row : page["deliveries"]) {
            seen.insert(row["event_id"].get<std::string>());
        }
        if (page["next"].is_null()) {
            break;
        }
        after = "&after=" + page["next"].dump();
    }
    EXPECT_EQ(seen.size(), 12U);
    EXPECT_GE(pages, 1) << "7 MB were sent in one answer";
}

TEST_F(DeliveriesApiTest, ShowsOneDelivery) {
    post(precise);
    const auto id = handed_on.at(0).id;
    kill(id, "8");
    clock.advance(common::Millis{4'000});
    const auto reply = call("GET", webhook_path(id));
    ASSERT_EQ(reply.status, 200U) << reply.body;
    EXPECT_NE(reply.body.find(std::string{"\"event\":"} + precise), std::string::npos)
        << reply.body;
    const auto row = Json::parse(reply.body);
    EXPECT_EQ(row["id"], id);
    EXPECT_EQ(row["state"], "dead");
    EXPECT_EQ(row["event_id"], "p");
    EXPECT_EQ(row["name"], "log");
    ASSERT_EQ(row["history"].size(), 1U);
    EXPECT_EQ(row["history"][0], (Json{{"attempt", 1},
                                       {"age_s", 4.0},
                                       {"at", row["accepted_at"]},
                                       {"status", 503},
                                       {"error", "503 Service Unavailable"}}));
}

TEST_F(DeliveriesApiTest, TellsUnknownIdsFromBadOnes) {
    const auto ids = fill(1);
    for (const auto* id : {"0", "999999", "99999999999999999999999"}) {
        SCOPED_TRACE(id);
        const auto path = std::string{"/v1/deliveries/"} + id;
        EXPECT_NE(problem_of(call("GET", path), 404).find(id), std::string::npos);
        problem_of(call("DELETE", path), 404);
        problem_of(call("POST", path + "/retry"), 404);
    }
    for (const auto* id : {"x", "-1", "1.0.0", "+1", " 1", "0x1", "1e3", "all"}) {
        SCOPED_TRACE(id);
        const auto path = std::string{"/v1/deliveries/"} + id;
        EXPECT_EQ(problem_of(call("GET", path), 400),
                  std::string{"id = \""} + id +
                      "\": expected a delivery's id, such as 1802.1, or its number in JSON");
        problem_of(call("DELETE", path), 400);
        problem_of(call("POST", path + "/retry"), 400);
    }
    EXPECT_EQ(queue.stats().pending, 1U);
}

TEST_F(DeliveriesApiTest, RetriesOneDelivery) {
    const auto ids = fill(2);
    kill(ids[0], "8");
    EXPECT_EQ(Json::parse(call("POST", webhook_path(ids[0], "/retry")).body),
              (Json{{"retried", 1}}));
    const auto row = get(webhook_path(ids[0]));
    EXPECT_EQ(row["state"], "pending");
    EXPECT_EQ(row["attempts"], 0);
    EXPECT_EQ(Json::parse(call("POST", webhook_path(ids[1], "/retry/")).body),
              (Json{{"retried", 1}}))
        << "a pending delivery is made due now";
}

TEST_F(DeliveriesApiTest, DropsOneDelivery) {
    const auto ids = fill(2);
    EXPECT_EQ(Json::parse(call("DELETE", webhook_path(ids[0])).body), (Json{{"dropped", 1}}));
    problem_of(call("GET", webhook_path(ids[0])), 404);
    problem_of(call("DELETE", webhook_path(ids[0])), 404);
    EXPECT_EQ(ids_in(get("/v1/deliveries")), std::vector<std::int64_t>{ids[1]});
}

TEST_F(DeliveriesApiTest, RetriesWhatTheBodySelects) {
    post(R"({"type":"face","id":"both"})");
    for (const auto& one : std::vector<agent::Delivery>{handed_on}) {
        kill(one.id, one.webhook);
    }
    const auto ids = fill(1);
    const auto retry = [this](const char* body) {
        return Json::parse(call("POST", "/v1/deliveries/retry", body).body);
    };
    EXPECT_EQ(retry(R"({"state":"dead","webhook":"7"})"), (Json{{"retried", 1}}));
    EXPECT_EQ(retry(R"({"state":"dead","webhook":"7"})"), (Json{{"retried", 0}}));
    EXPECT_EQ(retry(R"({"state":"dead","webhook":8})"), (Json{{"retried", 1}}))
        << "a key may be given as a number";
    EXPECT_EQ(queue.stats().dead, 0U);
    EXPECT_EQ(retry(R"({"all":true})"), (Json{{"retried", 3}}));
    EXPECT_EQ(retry(R"({"all":true,"webhook":"7"})"), (Json{{"retried", 1}}));
}

TEST_F(DeliveriesApiTest, DropsWhatTheBodySelects) {
    const auto ids = fill(5);
    kill(ids[4], "8");
    const auto drop = [this](const std::string& body) {
        return Json::parse(call("POST", "/v1/deliveries/drop", body).body);
    };
    EXPECT_EQ(drop(R"({"webhook":"7"})"), (Json{{"dropped", 0}}));
    EXPECT_EQ(
        drop(R"({"ids":[)" + std::to_string(ids[0]) + "," + std::to_string(ids[1]) + ",999999]}"),
        (Json{{"dropped", 2}}));
    EXPECT_EQ(drop(R"({"ids":[)" + std::to_string(ids[2]) + R"(],"state":"dead"})"),
              (Json{{"dropped", 0}}))
        << "all conditions must hold";
    EXPECT_EQ(drop(R"({"state":"dead"})"), (Json{{"dropped", 1}}));
    EXPECT_EQ(queue.stats().pending, 2U);
    EXPECT_EQ(drop(R"({"all":true})"), (Json{{"dropped", 2}}));
    EXPECT_EQ(queue.stats().pending, 0U);
}

TEST_F(DeliveriesApiTest, RefusesBadSelectionsAndChangesNothing) {
    fill(2);
    struct Bad {
        std::string body;
        const char* named;
    };
    for (const auto& bad :
         {Bad{"", "nothing is selected"},
          Bad{"{}", "nothing is selected"},
          Bad{R"({"all":false})", "nothing is selected"},
          Bad{R"({"state":null})", "state"},
          Bad{R"({"all":true,"webhook":null})", "webhook"},
          Bad{R"({"webhook":""})", "webhook"},
          Bad{R"({"ids":[]})", "ids"},
          Bad{"[]", "list"},
          Bad{"5", "number"},
          Bad{"\"all\"", "string"},
          Bad{"{", "JSON"},
          Bad{"all", "JSON"},
          Bad{R"({"state":"alive"})", "state"},
          Bad{R"({"state":5})", "state"},
          Bad{R"({"state":["dead"]})", "state"},
          Bad{R"({"webhook":true})", "webhook"},
          Bad{R"({"webhook":["7"]})", "webhook"},
          Bad{R"({"webhook":7.5})", "webhook"},
          Bad{R"({"ids":5})", "ids"},
          Bad{R"({"ids":["5"]})", "ids"},
          Bad{R"({"ids":[1.5]})", "ids"},
          Bad{R"({"ids":[18446744073709551615]})", "ids"},
          Bad{R"({"id":5})", "id"},
          Bad{R"({"webhooks":"7"})", "webhooks"},
          Bad{"\xEF\xBB\xBF{}", "byte order mark"},
          Bad{"{\"webhook\":\"\xff\"}", "JSON"},
          Bad{R"({"ids":)" + std::string(70, '[') + std::string(70, ']') + "}", "64"}}) {
        for (const auto* path : {"/v1/deliveries/drop", "/v1/deliveries/retry"}) {
            SCOPED_TRACE(path + (' ' + bad.body));
            const auto detail = problem_of(call("POST", path, bad.body), 400);
            EXPECT_NE(detail.find(bad.named), std::string::npos) << detail;
        }
    }
    // Where GET reads them, and where they would narrow down what is destroyed.
    const auto one = webhook_path(handed_on.at(0).id);
    for (const auto& [method, path] :
         std::vector<std::pair<std::string, std::string>>{{"POST", "/v1/deliveries/drop"},
                                                          {"POST", "/v1/deliveries/retry"},
                                                          {"POST", one + "/retry"},
                                                          {"DELETE", one}}) {
        for (const auto* query : {"?webhook=7&state=dead", "?all=true", "?x"}) {
            for (const auto* body : {"", R"({"all":true})", R"({"webhook":"8"})"}) {
                SCOPED_TRACE(method + " " + path + query + " " + body);
                const auto detail = problem_of(call(method, path + query, body), 400);
                EXPECT_NE(detail.find("the query"), std::string::npos) << detail;
            }
        }
    }
    EXPECT_EQ(queue.stats().pending, 2U);
}

} // namespace
} // namespace test

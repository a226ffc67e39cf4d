// The event list over HTTP: what became of each event, from ingest through the queue.
#include "test/agent/api/api_fixture.hpp"

namespace test {
namespace {

using namespace std::chrono_literals;
using agent::Outcome;

struct EventsApiTest : Api {
    Json events(const std::string& query = "") { return get("/v1/events" + query)["events"]; }
    Json newest() { return events("?limit=1").at(0); }
    /// What became of the newest event for a webhook.
    Json of(const std::string& key) {
        const auto newest_event = newest();
        for (const auto& webhook : newest_event["webhooks"]) {
            if (webhook["key"] == key) {
                return webhook;
            }
        }
        return nullptr;
    }
    /// The outcome of an attempt of the last delivery to that webhook.
    void attempt(const std::string& key, Outcome::Kind kind, std::uint32_t attempts = 1,
                 const std::string& error = "") {
        const auto found = std::find_if(handed_on.rbegin(), handed_on.rend(),
                                        [&](const auto& one) { return one.webhook == key; });
        ASSERT_NE(found, handed_on.rend());
        agent::RecordedOutcome recorded;
        recorded.id = found->id;
        recorded.webhook = key;
        recorded.kind = kind;
        recorded.attempts = attempts;
        recorded.due = queue.queue_time() + 3'200;
        recorded.status = error.empty() ? 200 : 503;
        recorded.error = error;
        recorded.took = 5ms;
        queue.record(std::move(recorded));
    }
    static constexpr const char* face =
        R"({"id":"f1","type":"face","camera":{"id":3},"matched_card":7,"confidence":0.93})";
    static constexpr const char* car =
        R"({"type":"car","camera":4,"license_plate_number":"A123BC"})";
};

TEST_F(EventsApiTest, BeginsEmpty) {
    auto empty = get("/v1/events");
    const auto list = empty["list_id"].get<std::string>();
    EXPECT_EQ(list.size(), 36U) << "a UUID, another one after a restart";
    EXPECT_EQ(get("/v1/events?limit=1")["list_id"], list);
    empty.erase("list_id");
    EXPECT_EQ(empty,
              (Json{{"events", Json::array()}, {"last", 0}, {"enabled", true}, {"more", false}}));
    config.ingest.event_list = 0;
    EXPECT_EQ(get("/v1/events")["enabled"], false);
    EXPECT_EQ(post(face).status, 202U);
    EXPECT_EQ(get("/v1/events")["events"], Json::array());
}

TEST_F(EventsApiTest, ShowsWhatFiltersReadAndWhatBecameOfIt) {
    post(face);
    clock.advance(35ms);
    attempt("7", Outcome::Kind::delivered);
    clock.advance(1'165ms);
    auto event = newest();
    EXPECT_TRUE(event["at"].get<std::string>().ends_with("Z"));
    event.erase("at");
    EXPECT_EQ(event, Json::parse(R"({"seq":1,"age_s":1.2,"id":"f1","type":"face","camera":3,
        "card":7,"matched":true,"confidence":0.93,"plate":null,"test":false,"duplicate":false,
        "webhooks":[{"key":"7","name":"door","state":"delivered","delivery":65536,"attempts":1,
                     "last_status":200,"last_error":null,"took_ms":35},
                    {"key":"8","name":"log","state":"waiting","delivery":65537,"attempts":0,
                     "next_attempt_s":0.0,"last_status":null,"last_error":null}]})"));
    post(car);
    EXPECT_EQ(newest()["id"], nullptr);
    EXPECT_EQ(newest()["plate"], "A123BC");
    EXPECT_EQ(of("7"), Json::parse(R"({"key":"7","name":"door","state":"not_matched",
        "failed":[{"filter":"type_in","wanted":["face"],"found":"car"}]})"));
}

TEST_F(EventsApiTest, ShowsEveryFilterThatSaysNo) {
    cache.rebuild({{"7", R"({"id":7,"name":"gate","target":"http://10.0.0.7/",
        "filters":{"camera_in":[1],"matched":true,"confidence_gte":0.9}})"}});
    post(R"({"type":"face","camera":3,"confidence":"high"})");
    const auto failed = of("7")["failed"];
    ASSERT_EQ(failed.size(), 3U) << failed;
    std::set<std::string> filters;
    for (const auto& one : failed) {
        filters.insert(one["filter"].get<std::string>());
    }
    EXPECT_EQ(filters, (std::set<std::string>{"camera_in", "matched", "confidence_gte"}));
}

TEST_F(EventsApiTest, ShowsRetriesWithTheirErrorsAndWhenTheNextOneIs) {
    post(face);
    attempt("7", Outcome::Kind::retry, 1, "503 Service Unavailable");
    attempt("7", Outcome::Kind::retry, 2, "connect: connection refused");
    EXPECT_EQ(of("7")["attempts"], 2);
    EXPECT_EQ(of("7")["next_attempt_s"], 3.2);
    EXPECT_EQ(of("7")["last_status"], 503);
    EXPECT_EQ(of("7")["last_error"], "connect: connection refused");
    control->show_probes([](const std::string&) { return std::optional<common::Millis>{9s}; });
    EXPECT_EQ(of("7")["next_attempt_s"], 9.0) << "as the queue's list has it";
    EXPECT_EQ(of("8")["next_attempt_s"], 0.0) << "a first attempt waits for no probe";
    const auto history = get("/v1/events/1")["webhooks"][0]["history"];
    ASSERT_EQ(history.size(), 2U);
    EXPECT_EQ(history[0]["error"], "503 Service Unavailable");
    EXPECT_EQ(history[1]["took_ms"], 5);
    attempt("7", Outcome::Kind::dead, 3, "500");
    EXPECT_EQ(of("7")["state"], "dead");
    EXPECT_FALSE(of("7").contains("next_attempt_s"));
}

TEST_F(EventsApiTest, FollowsWhatAnOperatorDoes) {
    post(face);
    attempt("7", Outcome::Kind::dead, 3, "500");
    run(loop, flushed(queue));
    EXPECT_EQ(call("POST", "/v1/deliveries/65536/retry").status, 200U);
    EXPECT_EQ(of("7")["state"], "waiting");
    EXPECT_EQ(of("7")["attempts"], 0);
    EXPECT_EQ(call("POST", "/v1/deliveries/drop", R"({"webhook":"7"})").status, 200U);
    EXPECT_EQ(of("7")["state"], "dropped");
    EXPECT_EQ(of("7")["last_error"], "dropped by an operator");
    EXPECT_EQ(of("8")["state"], "waiting");
    EXPECT_EQ(call("DELETE", "/v1/deliveries/65537").status, 200U);
    EXPECT_EQ(of("8")["state"], "dropped");
}

TEST_F(EventsApiTest, FollowsRemovedWebhooksAndMaxAge) {
    post(face);
    run(loop, queue.bury_removed({"8"}));
    EXPECT_EQ(of("7")["state"], "dead");
    EXPECT_EQ(of("7")["last_error"], "webhook removed");
    run(loop, queue.revive_known({"7", "8"}));
    EXPECT_EQ(of("7")["state"], "waiting");
    config.queue.max_age = 1'000ms;
    config.delivery.defaults.max_age = 1'000ms;
    cache.rebuild({{"7", faces}, {"8", everything}});
    clock.advance(2'000ms);
    run(loop, queue.prune(*cache.snapshot()));
    EXPECT_EQ(of("7")["state"], "expired");
    EXPECT_EQ(of("8")["state"], "expired");
}

TEST_F(EventsApiTest, ShowsDuplicatesOfEveryKind) {
    const std::string unmatched = R"({"id":"u1","type":"car"})";
    cache.rebuild({{"7", faces}});
    post(face);
    post(face);
    EXPECT_EQ(newest()["duplicate"], true);
    EXPECT_EQ(of("7")["state"], "duplicate");
    post(unmatched);
    EXPECT_EQ(newest()["duplicate"], false);
    post(unmatched);
    EXPECT_EQ(newest()["duplicate"], true);
    EXPECT_EQ(of("7")["state"], "not_matched");
}

TEST_F(EventsApiTest, ShowsCooldowns) {
    agent::WebhookOverride door;
    door.glob = "door";
    door.cooldown = 20s;
    config.overrides = {door};
    cache.rebuild({{"7", faces}, {"8", everything}});
    post(R"({"id":"1","type":"face"})");
    clock.advance(7'700ms);
    post(R"({"id":"2","type":"face"})");
    EXPECT_EQ(of("7"), Json::parse(R"({"key":"7","name":"door","state":"suppressed",
        "wait_s":12.3})"));
    EXPECT_EQ(of("8")["state"], "waiting");
    attempt("8", Outcome::Kind::delivered);
    EXPECT_EQ(of("8")["state"], "delivered") << "its place in the row is not that of the webhook";
    EXPECT_EQ(of("7")["state"], "suppressed");
}

TEST_F(EventsApiTest, ShowsWebhooksThatAreNotServed) {
    cache.rebuild({{"7", R"({"id":7,"name":"a","target":"http://h/","active":false})"},
                   {"8", R"({"id":8,"name":"b","target":"nonsense"})"}});
    post(face);
    EXPECT_EQ(of("7")["state"], "inactive");
    EXPECT_EQ(of("8")["state"], "unsupported");
    EXPECT_NE(of("8")["reason"].get<std::string>().find("target"), std::string::npos);
}

TEST_F(EventsApiTest, KeepsTheOrderOfABatchAndItsLastEvents) {
    config.ingest.event_list = 4;
    std::string body;
    for (int i = 0; i < 10; ++i) {
        // In turns: matched by the first webhook, unmatched with and without an id.
        body += i % 3 == 0   ? R"({"type":"face","camera":)"
                : i % 3 == 1 ? R"({"id":)" + std::to_string(i) + R"(,"camera":)"
                             : R"({"camera":)";
        body += std::to_string(i) + "}\n";
    }
    cache.rebuild({{"7", faces}});
    EXPECT_EQ(post(body, {{"Content-Type", "application/x-ndjson"}}).status, 202U);
    std::vector<int> cameras;
    for (const auto& event : events()) {
        cameras.push_back(event["camera"].get<int>());
    }
    EXPECT_EQ(cameras, (std::vector<int>{9, 8, 7, 6}));
    attempt("7", Outcome::Kind::delivered);
    EXPECT_EQ(of("7")["state"], "delivered");
}

TEST_F(EventsApiTest, IsSelectedByCameraWebhookAndNumber) {
    post(face);
    post(car);
    post(R"({"type":"face","camera":-4})");
    queue.events().refuse(415, "send JSON", "10.0.0.9");
    const auto cameras_of = [&](const std::string& query) {
        std::vector<std::string> list;
        for (const auto& event : events(query)) {
            list.push_back(event.contains("refused") ? "refused" : event["camera"].dump());
        }
        return list;
    };
    using List = std::vector<std::string>;
    EXPECT_EQ(cameras_of(""), (List{"refused", "-4", "4", "3"}));
    EXPECT_EQ(cameras_of("?limit=2"), (List{"refused", "-4"}));
    EXPECT_EQ(get("/v1/events?limit=2")["more"], true);
    EXPECT_EQ(cameras_of("?after=2"), (List{"refused", "-4"}));
    EXPECT_EQ(cameras_of("?camera=4&limit=1"), (List{"4"}));
    EXPECT_EQ(cameras_of("?camera=-4"), (List{"-4"}));
    for (const auto* webhook : {"7", "door"}) {
        const auto list = events(std::string{"?webhook="} + webhook);
        ASSERT_EQ(list.size(), 3U);
        for (const auto& event : list) {
            ASSERT_EQ(event["webhooks"].size(), 1U);
            EXPECT_EQ(event["webhooks"][0]["key"], "7");
        }
    }
    EXPECT_EQ(problem_of(call("GET", "/v1/events?webhook=dor"), 404),
              R"(there is no webhook "dor": did you mean "door"? expected a key or a name of: )"
              R"(7 "door", 8 "log")");
    for (const auto* bad : {"camera=x", "after=-1", "limit=0", "state=dead", "limit=1&limit=2"}) {
        problem_of(call("GET", std::string{"/v1/events?"} + bad), 400);
    }
}

TEST_F(EventsApiTest, ShowsRefusedRequests) {
    queue.events().refuse(415, "send JSON", "10.0.0.9");
    queue.events().refuse(415, "send JSON", "10.0.0.9");
    auto refused = newest();
    EXPECT_EQ(refused["refused"],
              Json::parse(R"({"status":415,"detail":"send JSON","from":"10.0.0.9","times":2})"));
    EXPECT_EQ(get("/v1/events/1")["refused"]["times"], 2);
}

TEST_F(EventsApiTest, ShowsOneEventWithoutItsImages) {
    const std::string image(300'000, 'A');
    post(R"({"id":"i","type":"face","camera":3,"image":")" + image + R"("})");
    const auto event = get("/v1/events/1")["event"];
    EXPECT_EQ(event["image"], "(300000 bytes left out)");
    EXPECT_EQ(event["camera"], 3);
    EXPECT_NE(problem_of(call("GET", "/v1/events/2"), 404).find("the last one since"),
              std::string::npos);
    problem_of(call("GET", "/v1/events/x"), 400);
    config.ingest.event_list = 1;
    post(car);
    EXPECT_NE(problem_of(call("GET", "/v1/events/1"), 404).find("older than the last 1"),
              std::string::npos);
}

TEST_F(EventsApiTest, FindsCamerasOfAnyId) {
    for (const auto* id : {"18446744073709551615", "9007199254740993", "-9223372036854775808"}) {
        post(std::string{R"({"camera":)"} + id + "}");
        const auto found = events(std::string{"?camera="} + id);
        ASSERT_EQ(found.size(), 1U) << id;
        EXPECT_EQ(found[0]["camera"].dump(), id);
    }
    for (const auto* bad :
         {"18446744073709551616", "-9223372036854775809", "-", "--1", "+1", "1.0"}) {
        problem_of(call("GET", std::string{"/v1/events?camera="} + bad), 400);
    }
}

TEST_F(EventsApiTest, ShowsTheEventAsItCame) {
    const std::string odd =
        R"({"id":"i", "n":9007199254740993123, "x":1.50, "a":1, "a":2, "u":"\u0041"})";
    post(odd);
    EXPECT_TRUE(call("GET", "/v1/events/1").body.ends_with(",\"event\":" + odd + "}"));
}

TEST_F(EventsApiTest, TakesTheKeyOrNameOfAWebhookAsTheQueueDoes) {
    const auto keys_of = [&](const std::string& webhook) {
        std::vector<std::string> keys;
        for (const auto& event : events("?webhook=" + webhook)) {
            for (const auto& one : event["webhooks"]) {
                keys.push_back(one["key"]);
            }
        }
        return keys;
    };
    using Keys = std::vector<std::string>;
    post(face);
    cache.rebuild({{"8", everything}});
    EXPECT_EQ(keys_of("door"), Keys{"7"}) << "removed, but the event still knows it";
    EXPECT_EQ(keys_of("7"), Keys{"7"});
    const std::string same = R"("name":"log","target":"http://h/"})";
    cache.rebuild({{"8", R"({"id":8,)" + same}, {"9", R"({"id":9,)" + same}});
    const auto detail = problem_of(call("GET", "/v1/events?webhook=log"), 400);
    EXPECT_NE(detail.find("expected a key, one of: 8, 9"), std::string::npos) << detail;
    EXPECT_EQ(keys_of("8"), Keys{"8"});
}

TEST_F(EventsApiTest, BoundsAnAnswerWhateverTheWebhooksAre) {
    std::vector<agent::Definition> many;
    for (int i = 0; i < 2'000; ++i) {
        const auto key = std::to_string(i);
        many.push_back({key, R"({"id":)" + key + R"(,"name":"w)" + key +
                                 R"(","target":"http://h/","filters":{"camera_in":[1]}})"});
    }
    cache.rebuild(std::move(many));
    for (int i = 0; i < 30; ++i) {
        ASSERT_EQ(post(R"({"camera":1})").status, 202U);
    }
    post(R"({"camera":2})");
    EXPECT_EQ(newest()["webhooks"].size(), 100U);
    EXPECT_EQ(newest()["webhooks_left_out"], 1'900);
    const auto all = call("GET", "/v1/events");
    EXPECT_LT(all.body.size(), std::size_t{3} << 20);
    EXPECT_EQ(Json::parse(all.body)["more"], true);
    EXPECT_EQ(get("/v1/events/31")["webhooks"].size(), 2'000U);
}

TEST_F(EventsApiTest, KeepsSharingWebhooksAcrossSnapshots) {
    post(face);
    const auto before = cache.snapshot();
    cache.rebuild({{"7", faces}, {"8", everything}});
    EXPECT_EQ(cache.snapshot(), before) << "nothing has changed";
    cache.rebuild({{"7", faces}});
    EXPECT_NE(cache.snapshot(), before);
    EXPECT_EQ(cache.snapshot()->webhooks[0], before->webhooks[0]);
    EXPECT_EQ(of("8")["state"], "waiting") << "the event keeps the webhooks of its time";
}

TEST_F(EventsApiTest, TcpServesItAsTheStatus) {
    EXPECT_EQ(refusal(tcp_request("GET", "/v1/events")), std::nullopt);
    EXPECT_EQ(refusal(tcp_request("GET", "/v1/events/1")), std::nullopt);
    config.ingest.token = "secret";
    EXPECT_EQ(refusal(tcp_request("GET", "/v1/events"))->status, 401U);
    EXPECT_EQ(call("DELETE", "/v1/events").status, 405U);
}

} // namespace
} // namespace test

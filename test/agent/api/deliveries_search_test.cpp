// GET /v1/deliveries: its order, what it searches by, and webhooks by name.
#include "test/agent/api/control_fixture.hpp"

#include <chrono>

namespace test {
namespace {

using namespace std::chrono_literals;

class DeliveriesSearchTest : public ControlTest {
  protected:
    std::vector<std::int64_t> found(const std::string& query) {
        return ids_in(get("/v1/deliveries?" + query));
    }
    std::string detail(const std::string& query, unsigned status) {
        return problem_of(call("GET", "/v1/deliveries?" + query), status);
    }
    using Ids = std::vector<std::int64_t>;
};

TEST_F(DeliveriesSearchTest, GoesFromTheNewestToTheOldestWhenAsked) {
    const auto ids = fill(5);
    EXPECT_EQ(found("order=newest"), Ids(ids.rbegin(), ids.rend()));
    EXPECT_EQ(found("order=oldest"), ids);
    EXPECT_EQ(found(""), ids) << "as ever";
    Ids seen;
    std::string after;
    for (int pages = 0; pages < 10; ++pages) {
        const auto page = get("/v1/deliveries?order=newest&limit=2" + after);
        EXPECT_EQ(page["total"], 5);
        for (const auto id : ids_in(page)) {
            seen.push_back(id);
        }
        if (page["next"].is_null()) {
            break;
        }
        after = "&after=" + page["next"].dump();
    }
    EXPECT_EQ(seen, Ids(ids.rbegin(), ids.rend()));
}

TEST_F(DeliveriesSearchTest, FindsTheDeliveriesOfAnEvent) {
    post(R"({"type":"face","id":"4589691150480880065"})");
    post(R"({"type":"car","id":"other"})");
    const auto both = found("event=4589691150480880065");
    ASSERT_EQ(both.size(), 2U);
    EXPECT_EQ(found("event=4589691150480880065&order=newest"), Ids(both.rbegin(), both.rend()));
    EXPECT_EQ(found("event=4589691150480880065&webhook=8").size(), 1U);
    EXPECT_EQ(found("event=4589691150480880065&state=dead").size(), 0U);
    EXPECT_EQ(found("event=4589691150480880065&limit=1").size(), 1U);
    EXPECT_EQ(found("event=nobody").size(), 0U);
    // One to which the agent gave the id.
    const auto own = fill(1);
    const auto given = get(webhook_path(own[0]))["event_id"].get<std::string>();
    EXPECT_EQ(found("event=" + given), own);
}

TEST_F(DeliveriesSearchTest, FindsWhatIsYoungEnough) {
    const auto old = fill(3);
    clock.advance(10min);
    const auto young = fill(2);
    EXPECT_EQ(found("max_age_s=60"), young);
    EXPECT_EQ(found("max_age_s=60&order=newest"), Ids(young.rbegin(), young.rend()));
    EXPECT_EQ(found("max_age_s=0"), young) << "accepted this very moment";
    EXPECT_EQ(found("max_age_s=3600").size(), 5U);
    EXPECT_EQ(found("max_age_s=9223372036854775807").size(), 5U);
    EXPECT_EQ(found("max_age_s=3600&after=" + std::to_string(old[2])), young);
}

TEST_F(DeliveriesSearchTest, FindsAPartOfTheLastError) {
    const auto ids = fill(3);
    kill(ids[0], "8", "connect: Connection refused");
    kill(ids[2], "8", "503 Service Unavailable");
    EXPECT_EQ(found("error=REFUSED"), Ids{ids[0]});
    EXPECT_EQ(found("error=503+service"), Ids{ids[2]});
    EXPECT_EQ(found("error=404"), Ids{});
    EXPECT_EQ(get("/v1/deliveries?error=503")["total"], nullptr) << "nobody has counted these";
}

TEST_F(DeliveriesSearchTest, SaysWhenAnEventWasAccepted) {
    const auto before = common::rfc3339(clock.wall());
    const auto ids = fill(1);
    kill(ids[0], "8");
    clock.advance(90s);
    const auto row = get(webhook_path(ids[0]));
    EXPECT_EQ(row["accepted_at"], before);
    EXPECT_EQ(row["history"][0]["at"], before);
    EXPECT_EQ(get("/v1/deliveries")["deliveries"][0]["accepted_at"], before);
}

TEST_F(DeliveriesSearchTest, TakesAnIdAsPeopleReadIt) {
    const auto ids = fill(1);
    const auto shown = std::to_string(ids[0] / 65'536) + "." + std::to_string(ids[0] % 65'536);
    EXPECT_EQ(get("/v1/deliveries/" + shown)["id"], ids[0]);
    EXPECT_EQ(call("POST", "/v1/deliveries/" + shown + "/retry").status, 200U);
    EXPECT_EQ(call("DELETE", "/v1/deliveries/" + shown).status, 200U);
    problem_of(call("GET", "/v1/deliveries/" + shown), 404);
}

TEST_F(DeliveriesSearchTest, TakesAWebhookByNameAndRefusesOneThatIsNot) {
    const auto ids = fill(2);
    EXPECT_EQ(found("webhook=log"), ids);
    EXPECT_EQ(get("/v1/deliveries?webhook=log&limit=1")["total"], 2);
    const auto unknown = detail("webhook=lug", 404);
    EXPECT_EQ(unknown, R"(there is no webhook "lug": did you mean "log"? expected a key or a )"
                       R"(name of: 7 "door", 8 "log")");
    for (const auto* edit : {"retry", "drop"}) {
        SCOPED_TRACE(edit);
        const auto path = std::string{"/v1/deliveries/"} + edit;
        EXPECT_EQ(problem_of(call("POST", path, R"({"webhook":"lug"})"), 404), unknown);
    }
    EXPECT_EQ(Json::parse(call("POST", "/v1/deliveries/retry", R"({"webhook":"log"})").body),
              (Json{{"retried", 2}}));
    cache.rebuild({{"7", faces}});
    EXPECT_EQ(found("webhook=8"), ids) << "removed, but its deliveries are there";
    problem_of(call("GET", "/v1/deliveries?webhook=log"), 404);
    EXPECT_EQ(Json::parse(call("POST", "/v1/deliveries/drop", R"({"webhook":8})").body),
              (Json{{"dropped", 2}}));
    problem_of(call("GET", "/v1/deliveries?webhook=8"), 404);
}

TEST_F(DeliveriesSearchTest, NamesTheKeysWhereANameIsNotUnique) {
    cache.rebuild({{"7", faces}, {"9", R"({"id":9,"name":"door","target":"http://h/"})"}});
    EXPECT_EQ(detail("webhook=door", 400),
              R"(the name "door" is that of 2 webhooks: expected a key, one of: 7, 9)");
}

} // namespace
} // namespace test

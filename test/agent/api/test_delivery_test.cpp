#include "agent/webhooks/test_event.hpp"
#include "test/agent/api/api_fixture.hpp"

namespace test {
namespace {

/// Webhook "7" wants faces, "8" everything.
struct TestDeliveryTest : Api {};

TEST_F(TestDeliveryTest, GoesToOneWebhookPastItsFilters) {
    const auto answer =
        accepted(call("POST", "/v1/webhooks/7/test", R"({"type":"car","camera":9})"));
    ASSERT_EQ(handed_on.size(), 1U);
    const auto& delivery = handed_on.front();
    EXPECT_EQ(delivery.webhook, "7");
    EXPECT_EQ(delivery.id, answer.at("delivery"));
    EXPECT_EQ(delivery.event_id, answer.at("event_id"));
    EXPECT_EQ(answer.at("webhook"), "7");
    EXPECT_EQ(*delivery.event, R"({"type":"car","camera":9})") << "as it came";
    EXPECT_TRUE(agent::is_test_event(delivery.event_id));
    EXPECT_EQ(stats.events_accepted, 0U);
    EXPECT_EQ(stats.webhooks["7"].matched, 0U);
}

TEST_F(TestDeliveryTest, MakesASampleAndTakesTheNameToo) {
    accepted(call("POST", "/v1/webhooks/8/test"));
    accepted(call("POST", "/v1/webhooks/8/test/"));
    const auto name = cache.snapshot()->find("8")->name;
    accepted(call("POST", "/v1/webhooks/" + name + "/test"));
    ASSERT_EQ(handed_on.size(), 3U);
    EXPECT_EQ(Json::parse(*handed_on.front().event).at("test"), true);
    EXPECT_NE(handed_on[0].event_id, handed_on[1].event_id);
}

TEST_F(TestDeliveryTest, SaysWhatIsWrong) {
    problem_of(call("POST", "/v1/webhooks/9/test"), 404);
    problem_of(call("POST", "/v1/webhooks/a/b/test"), 404);
    problem_of(call("POST", "/v1/webhooks//test"), 404);
    problem_of(call("POST", "/v1/webhooks/7/test", "[{},{}]"), 400);
    problem_of(call("POST", "/v1/webhooks/7/test", "nonsense"), 400);
    problem_of(call("GET", "/v1/webhooks/7/test"), 405);
    problem_of(call(tcp_request("POST", "/v1/webhooks/7/test")), 403);
    EXPECT_TRUE(handed_on.empty());
}

TEST_F(TestDeliveryTest, AProducerCannotPassOffAnEventAsATest) {
    const auto detail = problem_of(post(R"([{"id":"1"},{"id":"ffl-test-1","type":"face"}])"), 400);
    EXPECT_NE(detail.find("event 1: id = \"ffl-test-1\""), std::string::npos) << detail;
    EXPECT_TRUE(handed_on.empty());
}

TEST_F(TestDeliveryTest, OnlyServedWebhooksGetOne) {
    cache.rebuild({{"7", everything},
                   {"8", R"({"name":"log","active":false,"target":"http://127.0.0.1:9/"})"}});
    EXPECT_NE(problem_of(call("POST", "/v1/webhooks/8/test"), 409).find("inactive"),
              std::string::npos);
    EXPECT_TRUE(handed_on.empty());
}

} // namespace
} // namespace test

#include "test/agent/api/api_fixture.hpp"

namespace test {
namespace {

struct IngestTest : Api {
    static Json counts(int accepted, int duplicates, int deliveries) {
        return {{"accepted", accepted}, {"duplicates", duplicates}, {"deliveries", deliveries}};
    }
    static common::Headers type(std::string value) { return {{"Content-Type", std::move(value)}}; }
};

constexpr const char* face = R"({"id":"f1","type":"face","camera":3})";
constexpr const char* car = R"({"id":"c1","type":"car","camera":3})";

std::string nested(std::size_t depth) {
    return R"({"type":"face","deep":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

TEST_F(IngestTest, AnswersOneEvent) {
    EXPECT_EQ(accepted(post(face)), counts(1, 0, 2));
    EXPECT_EQ(accepted(post(car)), counts(1, 0, 1));
    ASSERT_EQ(handed_on.size(), 3U);
    EXPECT_EQ(handed_on.back().webhook, "8");
    EXPECT_EQ(handed_on.back().event_id, "c1");
}

TEST_F(IngestTest, AnswersInTheOrderOfTheContract) {
    EXPECT_EQ(post(face).body, R"({"accepted":1,"duplicates":0,"deliveries":2})");
}

TEST_F(IngestTest, KeepsTheBytesAsTheyCame) {
    const std::string first = "{ \"type\" : \"car\", \"id\": 18446744073709551615,\n  "
                              "\"confidence\": 0.10, \"note\": \"\\u0041\" }";
    const std::string second = R"({"type":"car","id":"2"})";
    accepted(post("\r\n [ " + first + " ,\t" + second + "] \n"));
    ASSERT_EQ(handed_on.size(), 2U);
    EXPECT_EQ(*handed_on[0].event, first);
    EXPECT_EQ(handed_on[0].event_id, "18446744073709551615");
    EXPECT_EQ(*handed_on[1].event, second);
}

TEST_F(IngestTest, AcceptsArraysAndNdjson) {
    EXPECT_EQ(accepted(post("[" + std::string{face} + "," + car + "]")), counts(2, 0, 3));
    for (const auto* lines : {"application/x-ndjson", "application/ndjson", "application/jsonl",
                              "Application/X-NDJSON; charset=UTF-8"}) {
        const auto body = std::string{R"({"type":"car"})"} + "\n\n" + R"({"type":"face"})" + "\r\n";
        EXPECT_EQ(accepted(post(body, type(lines))), counts(2, 0, 3)) << lines;
    }
}

TEST_F(IngestTest, AcceptsAnEmptyArray) {
    EXPECT_EQ(accepted(post("[]")), counts(0, 0, 0));
    EXPECT_EQ(accepted(post(" [ ] ")), counts(0, 0, 0));
    EXPECT_EQ(stats.events_accepted, 0U);
}

TEST_F(IngestTest, AcceptsAnEnvelopeButSaysSoInTheLog) {
    const auto log_of = [&](const std::string& body) {
        ::testing::internal::CaptureStderr();
        EXPECT_EQ(post(body).status, 202U) << body;
        return ::testing::internal::GetCapturedStderr();
    };
    const std::string envelope = R"({"id":"e7","events":[{"type":"face"}]})";
    EXPECT_EQ(log_of(face), "");
    const auto log = log_of(envelope);
    EXPECT_NE(log.find("an accepted event says nothing event=e7"), std::string::npos) << log;
    EXPECT_NE(log.find(R"(\"events\" holds a list of 1)"), std::string::npos) << log;
    EXPECT_EQ(log_of(envelope), "") << "not once an event";
    clock.advance(common::Millis{600'000});
    EXPECT_NE(log_of(R"({"data":{"camera":1}})"), "");
}

TEST_F(IngestTest, AcceptsEveryWayToSayJson) {
    for (const auto* json :
         {"application/json", "Application/JSON", "application/json; charset=utf-8",
          "application/json;charset=\"UTF-8\"", "application/json; profile=x",
          "application/json; charset=utf8", ""}) {
        EXPECT_EQ(accepted(post(R"({"type":"car"})", type(json))), counts(1, 0, 1)) << json;
    }
    EXPECT_EQ(accepted(post(R"({"type":"car"})", {{"Content-Encoding", "identity"}})),
              counts(1, 0, 1));
}

TEST_F(IngestTest, GivesAnEventWithoutAnIdOneOfOurs) {
    EXPECT_EQ(accepted(post(R"({"type":"car"})")), counts(1, 0, 1));
    EXPECT_EQ(accepted(post(R"({"type":"car"})")), counts(1, 0, 1))
        << "without an id it is never a duplicate";
    ASSERT_EQ(handed_on.size(), 2U);
    EXPECT_EQ(handed_on[0].event_id.size(), 36U);
    EXPECT_EQ(handed_on[0].event_id[14], '7') << handed_on[0].event_id;
    EXPECT_LT(handed_on[0].event_id, handed_on[1].event_id);
    EXPECT_EQ(*handed_on[0].event, R"({"type":"car"})") << "it is sent as it came";
}

// Agents that post to each other: the id that the first one gave to an event travels with it.
TEST_F(IngestTest, KnowsAnEventWithoutAnIdThatAnotherAgentBringsBack) {
    constexpr const char* bare = R"({"type":"car"})";
    EXPECT_EQ(accepted(post(bare)), counts(1, 0, 1));
    const auto id = handed_on.at(0).event_id;
    EXPECT_EQ(accepted(post(bare, {{"ffl-event-id", id}})), counts(1, 1, 0));
    const std::string other = "01890a5d-ac96-774b-bcce-b302099a8057";
    EXPECT_EQ(accepted(post(bare, {{"ffl-event-id", other}})), counts(1, 0, 1));
    EXPECT_EQ(handed_on.at(1).event_id, other) << "passed on under the same id";
    EXPECT_EQ(accepted(post(bare, {{"ffl-event-id", other}})), counts(1, 1, 0))
        << "an attempt that is made again";
    EXPECT_EQ(accepted(post(face, {{"ffl-event-id", other}})), counts(1, 0, 2));
    EXPECT_EQ(handed_on.back().event_id, "f1") << "its own id counts";
    for (const auto* bad : {"", "x", "01890a5d-ac96-774b-bcce-b302099a805\x1b"}) {
        EXPECT_EQ(accepted(post(bare, {{"ffl-event-id", bad}})), counts(1, 0, 1));
        EXPECT_EQ(handed_on.back().event_id.size(), 36U) << "one of ours";
        EXPECT_NE(handed_on.back().event_id, bad);
    }
    EXPECT_EQ(accepted(post("[" + std::string{bare} + "," + bare + "]", {{"ffl-event-id", id}})),
              counts(2, 0, 2))
        << "an agent sends one event at a time";
}

TEST_F(IngestTest, AcceptsAndCountsDuplicatesWithoutDelivering) {
    EXPECT_EQ(accepted(post(face)), counts(1, 0, 2));
    EXPECT_EQ(accepted(post(face)), counts(1, 1, 0));
    EXPECT_EQ(accepted(post(R"({"id":"f1","type":"face","camera":4})")), counts(1, 0, 2))
        << "other bytes, another event";
    EXPECT_EQ(accepted(post("[" + std::string{car} + "," + car + "]")), counts(2, 1, 1))
        << "within one batch";
    EXPECT_EQ(stats.events_accepted, 5U);
    EXPECT_EQ(stats.events_duplicate, 2U);
    EXPECT_EQ(stats.webhooks["7"].matched, 2U) << "a repeated request counts nothing";
}

TEST_F(IngestTest, KnowsDuplicatesOfEventsThatMatchedNothing) {
    EXPECT_EQ(cache.rebuild({{"7", faces}}).removed, std::vector<std::string>{"8"});
    EXPECT_EQ(accepted(post(car)), counts(1, 0, 0));
    EXPECT_EQ(accepted(post(car)), counts(1, 1, 0));
}

TEST_F(IngestTest, MatchesAgainstTheCurrentDefinitions) {
    cache.rebuild({{"8", everything}});
    EXPECT_EQ(accepted(post(face)), counts(1, 0, 1));
    cache.rebuild(
        {{"9",
          R"({"id":9,"name":"off","active":false,"target":"http://10.0.0.9/","filters":{}})"}});
    EXPECT_EQ(accepted(post(car)), counts(1, 0, 0));
}

TEST_F(IngestTest, CountsMatches) {
    accepted(post("[" + std::string{face} + "," + car + R"(,{"type":"car","id":"c2"}])"));
    EXPECT_EQ(stats.webhooks["7"].matched, 1U);
    EXPECT_EQ(stats.webhooks["8"].matched, 3U);
}

TEST_F(IngestTest, SuppressesWithinTheCooldown) {
    agent::WebhookOverride slow;
    slow.glob = "door";
    slow.cooldown = common::Millis{60'000};
    slow.cooldown_key = agent::CooldownKey::camera;
    config.overrides.push_back(slow);
    cache.rebuild({{"7", faces}});
    EXPECT_EQ(accepted(post(R"({"type":"face","camera":1})")), counts(1, 0, 1));
    EXPECT_EQ(accepted(post(R"({"type":"face","camera":1})")), counts(1, 0, 0));
    EXPECT_EQ(accepted(post(R"({"type":"face","camera":2})")), counts(1, 0, 1));
    EXPECT_EQ(accepted(post(R"([{"type":"face"},{"type":"face"}])")), counts(2, 0, 2))
        << "without a camera nothing is suppressed";
    clock.advance(common::Millis{60'001});
    EXPECT_EQ(accepted(post(R"({"type":"face","camera":1})")), counts(1, 0, 1));
    EXPECT_EQ(stats.webhooks["7"].suppressed, 1U);
}

struct Bad {
    const char* what;
    std::string body;
    const char* detail; ///< must stand in the answer
};

const std::vector<Bad>& bad_bodies() {
    static const std::vector<Bad> list{
        {"nothing", "", "empty"},
        {"white space", " \n\t ", "empty"},
        {"a word", "hello", "event 0: "},
        {"an unfinished word", "tru", "event 0: "},
        {"a number", "17", "event 0: "},
        {"a string", R"("face")", "event 0: "},
        {"null", "null", "event 0: "},
        {"a boolean", "true", "event 0: "},
        {"an unfinished object", R"({"type":"face")", "event 0: "},
        {"an unfinished string", R"({"type":"fac)", "event 0: "},
        {"an unfinished array", R"([{"type":"face"})", "event 0: the body ends"},
        {"only a bracket", "[", "event 0: "},
        {"only a brace", "{", "event 0: "},
        {"a brace too many", R"({"type":"face"}})", "body goes on"},
        {"two objects in a row", R"({"type":"face"}{"type":"car"})", "x-ndjson"},
        {"ndjson as json", "{\"type\":\"face\"}\n{\"type\":\"car\"}", "x-ndjson"},
        {"text after the array", R"([{"type":"face"}] and more)", "body goes on"},
        {"a comma at the end", R"([{"type":"face"},])", "event 1: "},
        {"a comma at the start", R"([,{"type":"face"}])", "event 0: "},
        {"a comma at the end of an object", R"({"type":"face",})", "event 0: "},
        {"no colon", R"({"type" "face"})", "event 0: "},
        {"no quotes", R"({type:"face"})", "event 0: "},
        {"single quotes", R"({'type':'face'})", "event 0: "},
        {"a comment", R"({"type":"face" /* here */})", "event 0: "},
        {"NaN", R"({"confidence":NaN})", "event 0: "},
        {"a leading zero", R"({"camera":01})", "event 0: "},
        {"a plus sign", R"({"camera":+1})", "event 0: "},
        {"a number beyond a double", R"({"confidence":1e999})", "event 0: "},
        {"a byte order mark", "\xEF\xBB\xBF{\"type\":\"face\"}", "byte order mark"},
        {"no UTF-8", "{\"type\":\"fac\xE9\"}", "event 0: "},
        {"overlong UTF-8", "{\"type\":\"\xC0\xAF\"}", "event 0: "},
        {"a lone surrogate", R"({"type":"\ud800"})", "event 0: "},
        {"the wrong half of a pair", R"({"type":"\udc00"})", "event 0: "},
        {"a bad escape", R"({"type":"\x41"})", "event 0: "},
        {"a control character", "{\"type\":\"fa\tce\"}", "event 0: "},
        {"a NUL byte", std::string{"{\"type\":\"face\"}\0", 16}, "event 0: it ends"},
        {"too deep", nested(64), "64"},
        {"an array in the array", R"([[{"type":"face"}]])", "event 0: "},
        {"a number in the array", R"([{"type":"face"},5])", "event 1: "},
        {"a fault in the third event", R"([{"type":"face"},{"type":"car"},{"type":}])",
         "event 2: "},
        {"a form", "type=face&camera=3", "event 0: "},
        {"a page", "<html><body>503</body></html>", "event 0: "},
        {"UTF-16", std::string{"\xFF\xFE{\0}\0", 6}, "event 0: "},
    };
    return list;
}

TEST_F(IngestTest, RefusesMalformedBodiesAndKeepsNothing) {
    for (const auto& bad : bad_bodies()) {
        const auto detail = problem_of(post(bad.body), 400);
        EXPECT_NE(detail.find(bad.detail), std::string::npos) << bad.what << ": " << detail;
        EXPECT_GT(detail.size(), std::string_view{bad.detail}.size())
            << bad.what << " needs a reason";
        EXPECT_LT(detail.size(), 400U) << bad.what;
    }
    EXPECT_GE(bad_bodies().size(), 30U);
    EXPECT_TRUE(handed_on.empty());
    EXPECT_EQ(queue.stats().pending, 0U);
    EXPECT_EQ(stats.events_accepted, 0U);
    EXPECT_GE(rejected(agent::RejectReason::invalid), bad_bodies().size());
}

TEST_F(IngestTest, AcceptsADepthOf64) {
    accepted(post(nested(63)));
}

TEST_F(IngestTest, RefusesMalformedLinesWithTheirIndex) {
    const auto detail = problem_of(post("{\"type\":\"face\"}\n\n{\"type\":\"car\"}\n{\"type\":\n",
                                        type("application/x-ndjson")),
                                   400);
    EXPECT_TRUE(detail.starts_with("event 2: ")) << detail;
    problem_of(post("{\"type\":\n\"face\"}", type("application/x-ndjson")), 400);
    problem_of(post(R"([{"type":"face"}])", type("application/x-ndjson")), 400);
    EXPECT_EQ(queue.stats().pending, 0U);
}

TEST_F(IngestTest, NeverQuotesAnEvent) {
    const auto detail =
        problem_of(post(R"({"camera":{"url":"rtsp://root:hunter2@cam"}, broken})"), 400);
    EXPECT_EQ(detail.find("hunter2"), std::string::npos) << detail;
}

TEST_F(IngestTest, RefusesOtherTypesAndSaysWhichToSend) {
    for (const auto* other :
         {"text/plain", "application/x-www-form-urlencoded", "application/xml", "text/json",
          "multipart/form-data", "application/cbor", "json", "application/json+x", "*/*"}) {
        const auto detail = problem_of(post(face, type(other)), 415);
        EXPECT_TRUE(detail.starts_with("Content-Type = \"" + std::string{other} + "\": expected "))
            << detail;
        EXPECT_NE(detail.find("-H 'Content-Type: application/json'"), std::string::npos) << detail;
        EXPECT_NE(detail.find("application/x-ndjson"), std::string::npos) << detail;
    }
    EXPECT_EQ(problem_of(post(face, type("application/json; charset=windows-1251")), 415),
              "Content-Type charset = \"windows-1251\": expected UTF-8, as JSON always is");
    EXPECT_EQ(problem_of(post(face, type("application/x-ndjson;Charset=latin1")), 415),
              "Content-Type charset = \"latin1\": expected UTF-8, as JSON always is");
    EXPECT_EQ(problem_of(post(face, {{"Content-Encoding", "gzip"}}), 415),
              "Content-Encoding = \"gzip\": expected a body without compression");
    EXPECT_EQ(queue.stats().pending, 0U);
}

TEST_F(IngestTest, AcceptsALargeBatch) {
    std::string body = "[";
    for (int i = 0; i < 3000; ++i) {
        body +=
            (i == 0 ? "" : ",") + std::string{R"({"type":"car","id":)"} + std::to_string(i) + "}";
    }
    EXPECT_EQ(accepted(post(body + "]")), counts(3000, 0, 3000));
    EXPECT_EQ(queue.stats().pending, 3000U);
}

/// A body of many events is read in turns: one that opens a door does not wait for its end.
TEST_F(IngestTest, ALargeBodyLetsASmallOnePass) {
    std::vector<std::string> answered;
    const auto spawn = [&](std::string name, std::string body) {
        common::asio::co_spawn(
            loop, ingest.post(std::move(body), agent::BodyFormat::json, {true, {}}),
            [&answered, name](const std::exception_ptr& broke, const common::HttpReply& reply) {
                EXPECT_FALSE(broke);
                EXPECT_EQ(reply.status, 202U);
                answered.push_back(name);
            });
    };
    std::string many{car};
    for (int i = 0; i < 1'000; ++i) {
        many += "," + std::string{car};
    }
    clock.set_step(common::Millis{1});
    spawn("many", "[" + many + "]");
    spawn("one", face);
    clock.settle();
    EXPECT_EQ(answered, (std::vector<std::string>{"one", "many"}));
}

} // namespace
} // namespace test

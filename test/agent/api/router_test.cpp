#include "test/agent/api/api_fixture.hpp"

namespace test {
namespace {

struct RouterTest : Api {
    std::optional<common::HttpReply> tcp_refusal(std::string method, std::string_view target,
                                                 common::Headers headers = {}) {
        return refusal(tcp_request(std::move(method), target, std::move(headers)));
    }
    static common::Headers bearer(std::string value) {
        return {{"Authorization", std::move(value)}};
    }
};

struct Call {
    const char* method;
    const char* path;
    bool open;  ///< TCP serves it without a token when none is configured
    bool probe; ///< TCP serves it without a token even when one is configured
};

constexpr Call calls[] = {
    {"POST", "/v1/events", true, false},
    {"GET", "/v1/events", true, false},
    {"HEAD", "/v1/events", true, false},
    {"GET", "/v1/events/5", true, false},
    {"HEAD", "/v1/events/5", true, false},
    {"POST", "/v1/explain", true, false},
    {"GET", "/v1/status", true, false},
    {"HEAD", "/v1/status", true, false},
    {"GET", "/v1/deliveries", false, false},
    {"HEAD", "/v1/deliveries", false, false},
    {"GET", "/v1/deliveries/5", false, false},
    {"HEAD", "/v1/deliveries/5", false, false},
    {"DELETE", "/v1/deliveries/5", false, false},
    {"POST", "/v1/deliveries/5/retry", false, false},
    {"POST", "/v1/deliveries/retry", false, false},
    {"POST", "/v1/deliveries/drop", false, false},
    {"POST", "/v1/sync", false, false},
    {"GET", "/v1/log-level", false, false},
    {"HEAD", "/v1/log-level", false, false},
    {"PUT", "/v1/log-level", false, false},
    {"POST", "/v1/webhooks/7/test", false, false},
    {"GET", "/metrics", true, false},
    {"HEAD", "/metrics", true, false},
    {"GET", "/livez", true, true},
    {"HEAD", "/livez", true, true},
    {"GET", "/readyz", true, true},
    {"HEAD", "/readyz", true, true},
    {"GET", "/", true, false},
    {"HEAD", "/", true, false},
};

std::string name(const Call& one) {
    return std::string{one.method} + ' ' + one.path;
}

TEST_F(RouterTest, ServesEverythingOnTheUnixSocketWithoutAToken) {
    for (const auto* token : {"", "s3cret"}) {
        config.ingest.token = token;
        for (const auto& one : calls) {
            EXPECT_FALSE(refusal(request(one.method, one.path))) << name(one);
        }
    }
}

TEST_F(RouterTest, ServesOnTcpWithoutATokenOnlyTheOpenPaths) {
    for (const auto& one : calls) {
        SCOPED_TRACE(name(one));
        const auto reply = tcp_refusal(one.method, one.path);
        EXPECT_EQ(reply.has_value(), !one.open);
        if (reply) {
            EXPECT_EQ(problem_of(*reply, 403),
                      "this path is available on the Unix socket ([ingest] socket), and on TCP "
                      "only when [ingest] token_file is set");
        }
    }
}

TEST_F(RouterTest, RequiresTheTokenOnTcpForEverythingButTheProbes) {
    config.ingest.token = "s3cret";
    for (const auto& one : calls) {
        SCOPED_TRACE(name(one));
        const auto missing = tcp_refusal(one.method, one.path);
        const auto wrong = tcp_refusal(one.method, one.path, bearer("Bearer wrong"));
        EXPECT_EQ(missing.has_value(), !one.probe);
        EXPECT_EQ(wrong.has_value(), !one.probe);
        if (missing && wrong) {
            const std::string expected =
                ": expected Bearer TOKEN, with the token of [ingest] token_file";
            EXPECT_EQ(problem_of(*missing, 401), "missing Authorization header" + expected);
            EXPECT_EQ(header(*missing, "WWW-Authenticate"), "Bearer");
            EXPECT_EQ(problem_of(*wrong, 401), "invalid Authorization header" + expected);
            EXPECT_EQ(header(*wrong, "WWW-Authenticate"), "Bearer");
        }
        EXPECT_FALSE(tcp_refusal(one.method, one.path, bearer("Bearer s3cret")));
    }
}

TEST_F(RouterTest, ReadsTheAuthorizationHeaderAsRfc9110SaysIt) {
    config.ingest.token = "s3cret";
    for (const auto* good : {"Bearer s3cret", "bearer s3cret", "BEARER s3cret", "Bearer   s3cret",
                             " Bearer s3cret "}) {
        EXPECT_FALSE(tcp_refusal("GET", "/v1/status", bearer(good))) << good;
    }
    for (const auto* bad : {"", "s3cret", "Bearer", "Bearer ", "Bearer S3CRET", "Bearer s3cre",
                            "Bearer s3crett", "Bearer s3cret x", "Basic s3cret", "Bearers3cret"}) {
        SCOPED_TRACE(bad);
        const auto reply = tcp_refusal("GET", "/v1/status", bearer(bad));
        ASSERT_TRUE(reply);
        EXPECT_EQ(problem_of(*reply, 401).find("s3cret"), std::string::npos);
    }
}

TEST_F(RouterTest, AcceptsANewTokenAsSoonAsTheConfigurationHasIt) {
    config.ingest.token = "old";
    EXPECT_FALSE(tcp_refusal("GET", "/v1/status", bearer("Bearer old")));
    config.ingest.token = "new";
    EXPECT_TRUE(tcp_refusal("GET", "/v1/status", bearer("Bearer old")));
    EXPECT_FALSE(tcp_refusal("GET", "/v1/status", bearer("Bearer new")));
}

TEST_F(RouterTest, HidesEvenUnknownPathsFromThoseWithoutTheToken) {
    config.ingest.token = "s3cret";
    problem_of(tcp_refusal("GET", "/nothing").value(), 401);
    problem_of(tcp_refusal("GET", "/nothing", bearer("Bearer s3cret")).value(), 404);
}

TEST_F(RouterTest, AnswersUnknownPathsWith404) {
    for (const auto* path :
         {"/nothing", "/v1", "/v1/", "/v1/event", "/v1/events/1/x", "/v1/deliveries/5/retry/now",
          "/v1/deliveries/5/drop", "/v1/deliveries//retry", "//", "", "v1/status", "/V1/status",
          "/v1//status", "/v1/status//", "/metricss"}) {
        SCOPED_TRACE(path);
        const auto reply = refusal(request("GET", path));
        ASSERT_TRUE(reply);
        EXPECT_EQ(problem_of(*reply, 404),
                  "there is nothing at \"" + std::string{path} +
                      "\": events go to /v1/events, and the page at / shows the status");
    }
    const auto strange = refusal(request("GET", "/\xff\x01\""));
    ASSERT_TRUE(strange);
    problem_of(*strange, 404);
}

TEST_F(RouterTest, AnswersEveryMethodThatAPathDoesNotHaveWith405AndAllow) {
    const std::pair<const char*, const char*> paths[] = {
        {"/v1/events", "POST, GET, HEAD"},
        {"/v1/events/5", "GET, HEAD"},
        {"/v1/explain", "POST"},
        {"/v1/status", "GET, HEAD"},
        {"/v1/deliveries", "GET, HEAD"},
        {"/v1/deliveries/5", "GET, HEAD, DELETE"},
        {"/v1/deliveries/5/retry", "POST"},
        {"/v1/deliveries/retry", "POST"},
        {"/v1/deliveries/drop", "POST"},
        {"/v1/sync", "POST"},
        {"/v1/log-level", "GET, HEAD, PUT"},
        {"/metrics", "GET, HEAD"},
        {"/livez", "GET, HEAD"},
        {"/readyz", "GET, HEAD"},
        {"/", "GET, HEAD"},
    };
    for (const auto& [path, allow] : paths) {
        for (const std::string method :
             {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "get"}) {
            SCOPED_TRACE(method + ' ' + path);
            const bool allowed = std::ranges::any_of(calls, [&, path = path](const Call& one) {
                return one.method == method && std::string_view{one.path} == path;
            });
            const auto reply = refusal(request(method, path));
            ASSERT_EQ(reply.has_value(), !allowed);
            if (reply) {
                EXPECT_EQ(header(*reply, "Allow"), allow);
                EXPECT_TRUE(problem_of(*reply, 405).starts_with(method + " is not allowed on /"))
                    << reply->body;
                EXPECT_TRUE(
                    problem_of(*reply, 405).ends_with(std::string{": expected one of: "} + allow))
                    << reply->body;
            }
        }
    }
}

TEST_F(RouterTest, IgnoresATrailingSlashEverywhere) {
    for (const auto& one : calls) {
        const auto path = std::string{one.path} + (one.path[1] == '\0' ? "" : "/");
        EXPECT_FALSE(refusal(request(one.method, path))) << name(one);
    }
    EXPECT_EQ(call("POST", "/v1/events/", "[]").status, 202U);
    EXPECT_EQ(call("GET", "/v1/status/").status, 200U);
}

TEST_F(RouterTest, AcceptsHeadForGet) {
    for (const auto* path :
         {"/v1/status", "/v1/deliveries", "/metrics", "/livez", "/readyz", "/"}) {
        EXPECT_EQ(call("HEAD", path).status, 200U) << path;
    }
}

TEST_F(RouterTest, RefusesAWrongContentTypeBeforeTheBody) {
    const auto reply = tcp_refusal("POST", "/v1/events", {{"Content-Type", "text/plain"}});
    ASSERT_TRUE(reply);
    EXPECT_TRUE(problem_of(*reply, 415).starts_with("Content-Type = \"text/plain\": expected "))
        << reply->body;
    EXPECT_EQ(header(*reply, "Accept"), "application/json, application/x-ndjson");
}

TEST_F(RouterTest, RunsNothingThatItRefuses) {
    config.ingest.token = "s3cret";
    problem_of(call(tcp_request("POST", "/v1/deliveries/drop")), 401);
    problem_of(call(tcp_request("POST", "/v1/sync")), 401);
    problem_of(call(tcp_request("GET", "/v1/status")), 401);
    config.ingest.token.clear();
    problem_of(call(tcp_request("POST", "/v1/sync")), 403);
    problem_of(call("GET", "/v1/sync"), 405);
    EXPECT_EQ(syncs, 0);
    EXPECT_EQ(call("POST", "/v1/sync").status, 200U);
    EXPECT_EQ(syncs, 1);
}

TEST_F(RouterTest, KeepsOtherWebPagesFromPosting) {
    const common::Headers same{{"Host", "Localhost:8093"}, {"Origin", "http://localhost:8093"}};
    EXPECT_FALSE(tcp_refusal("POST", "/v1/explain", same));
    EXPECT_FALSE(tcp_refusal("POST", "/v1/events", {{"Host", "127.0.0.1:8093"}}));
    for (const auto* origin : {"http://evil.example", "null", "http://localhost:8094",
                               "http://localhost", "", "localhost:8093"}) {
        SCOPED_TRACE(origin);
        const auto reply =
            tcp_refusal("POST", "/v1/events", {{"Host", "localhost:8093"}, {"Origin", origin}});
        ASSERT_TRUE(reply);
        EXPECT_EQ(problem_of(*reply, 403),
                  "cross-origin request refused: Origin does not match Host");
    }
    EXPECT_TRUE(
        tcp_refusal("POST", "/v1/events", {{"Host", ""}, {"Origin", "http://localhost:8093"}}))
        << "without a Host nothing can match";
    EXPECT_FALSE(tcp_refusal("GET", "/v1/status",
                             {{"Host", "localhost:8093"}, {"Origin", "http://evil.example"}}));

    config.ingest.token = "s3cret";
    EXPECT_TRUE(
        tcp_refusal("DELETE", "/v1/deliveries/5",
                    {{"Host", "a"}, {"Origin", "http://b"}, {"Authorization", "Bearer s3cret"}}));
    EXPECT_FALSE(
        tcp_refusal("DELETE", "/v1/deliveries/5",
                    {{"Host", "a"}, {"Origin", "https://a"}, {"Authorization", "Bearer s3cret"}}));
}

TEST_F(RouterTest, ShowsABrowserThePageThatAsksForTheToken) {
    config.ingest.token = "s3cret";
    const auto page = tcp_refusal("GET", "/", {{"Accept", "text/html,application/xhtml+xml"}});
    ASSERT_TRUE(page);
    EXPECT_EQ(page->status, 401U);
    EXPECT_EQ(header(*page, "WWW-Authenticate"), "Bearer");
    EXPECT_EQ(header(*page, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_NE(page->body.find("token"), std::string::npos);
    EXPECT_EQ(page->body.find("s3cret"), std::string::npos);
    problem_of(tcp_refusal("GET", "/v1/status", {{"Accept", "text/html"}}).value(), 401);
    problem_of(tcp_refusal("GET", "/", {{"Accept", "*/*"}}).value(), 401);
}

// A page whose name was pointed at this device sends its own name, in Origin as in Host.
TEST_F(RouterTest, AnswersNobodyWithAForeignHostUnlessThereIsAToken) {
    for (const auto& one : calls) {
        SCOPED_TRACE(name(one));
        const common::Headers foreign{{"Host", "evil.example:8093"},
                                      {"Origin", "http://evil.example:8093"}};
        const auto reply = tcp_refusal(one.method, one.path, foreign);
        ASSERT_TRUE(reply);
        EXPECT_TRUE(
            problem_of(*reply, 421)
                .starts_with(
                    "Host = \"evil.example:8093\": expected localhost or a loopback address"))
            << reply->body;
        auto local = request(one.method, one.path, {}, {{"Host", "evil.example"}});
        EXPECT_FALSE(refusal(local)) << "the Unix socket needs none";
    }
    auto absolute = tcp_request("GET", "/v1/status");
    absolute.authority = "evil.example";
    EXPECT_EQ(refusal(absolute).value_or(common::HttpReply{}).status, 421U);
    absolute.authority = "localhost:8093";
    EXPECT_FALSE(refusal(absolute));
    config.ingest.token = "s3cret";
    EXPECT_FALSE(tcp_refusal("GET", "/v1/status",
                             {{"Host", "evil.example"}, {"Authorization", "Bearer s3cret"}}));
    EXPECT_FALSE(tcp_refusal("GET", "/livez", {{"Host", "evil.example"}}));
}

// ssh -L 8093:/run/ffl-agent/agent.sock puts the socket within reach of every page in a browser.
TEST_F(RouterTest, KeepsOtherWebPagesFromAForwardedSocket) {
    for (const auto& one : calls) {
        SCOPED_TRACE(name(one));
        const std::string method{one.method};
        const auto from = [&](const char* host, const char* origin) {
            const auto reply =
                refusal(request(method, one.path, {}, {{"Host", host}, {"Origin", origin}}));
            return reply ? reply->status : 0U;
        };
        const auto refused = method == "GET" || method == "HEAD" ? 0U : 403U;
        EXPECT_EQ(from("localhost:8093", "http://evil.example"), refused);
        EXPECT_EQ(from("localhost:8093", "null"), refused);
        EXPECT_EQ(from("agent", "http://evil.example"), refused);
        EXPECT_EQ(from("evil.example:8093", "http://evil.example:8093"), 421U)
            << "a name that was pointed at this device";
        for (const auto* host : {"localhost:8093", "127.0.0.1:9000", "[::1]:8093"}) {
            EXPECT_EQ(from(host, (std::string{"http://"} + host).c_str()), 0U) << host;
        }
        for (const auto* host : {"", "agent", "[::1]", "%2Frun%2Fagent.sock"}) {
            EXPECT_FALSE(refusal(request(method, one.path, {}, {{"Host", host}}))) << host;
        }
    }
}

TEST_F(RouterTest, RefusesItsOwnDeliveriesBeforeTheBody) {
    config.delivery.defaults.agent_id = "one";
    for (const bool local : {false, true}) {
        auto looped = tcp_request("POST", "/v1/events", {{"ffl-via", "one"}});
        looped.local = local;
        const auto reply = refusal(looped);
        ASSERT_TRUE(reply);
        EXPECT_TRUE(problem_of(*reply, 508).starts_with("this event was delivered by this agent"))
            << reply->body;
    }
    EXPECT_FALSE(tcp_refusal("POST", "/v1/events", {{"ffl-via", "two"}})) << "another agent";
    EXPECT_FALSE(tcp_refusal("POST", "/v1/explain", {{"ffl-via", "one"}}));
    config.delivery.defaults.agent_id.clear();
    EXPECT_FALSE(tcp_refusal("POST", "/v1/events", {{"ffl-via", ""}}));
}

} // namespace
} // namespace test

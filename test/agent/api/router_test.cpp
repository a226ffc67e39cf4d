#include "test/agent/api/api_fixture.hpp"

namespace test {
namespace {

struct RouterTest : Api {
    std::optional<common::HttpReply> refuse_tcp(std::string method, std::string_view target,
                                                common::Headers headers = {}) {
        auto head = request(std::move(method), target, {}, std::move(headers));
        head.local = false;
        return router->refuse(head);
    }
    static common::Headers bearer(std::string value) {
        return {{"Authorization", std::move(value)}};
    }
};

struct Call {
    const char* method;
    const char* path;
    bool open;  ///< TCP serves it without a token where none is configured
    bool probe; ///< TCP serves it without a token even where one is configured
};

constexpr Call calls[] = {
    {"POST", "/v1/events", true, false},
    {"POST", "/v1/explain", true, false},
    {"GET", "/v1/status", true, false},
    {"GET", "/v1/deliveries", false, false},
    {"GET", "/v1/deliveries/5", false, false},
    {"DELETE", "/v1/deliveries/5", false, false},
    {"POST", "/v1/deliveries/5/retry", false, false},
    {"POST", "/v1/deliveries/retry", false, false},
    {"POST", "/v1/deliveries/drop", false, false},
    {"POST", "/v1/sync", false, false},
    {"GET", "/metrics", true, false},
    {"GET", "/livez", true, true},
    {"GET", "/readyz", true, true},
    {"GET", "/", true, false},
};

TEST_F(RouterTest, ServesEverythingOnTheUnixSocketWithoutAToken) {
    for (const bool configured : {false, true}) {
        config.ingest.token = configured ? "s3cret" : "";
        for (const auto& one : calls) {
            EXPECT_FALSE(router->refuse(request(one.method, one.path)))
                << one.method << ' ' << one.path;
        }
    }
}

TEST_F(RouterTest, ServesOnTcpWithoutATokenOnlyTheOpenPaths) {
    for (const auto& one : calls) {
        const auto refusal = refuse_tcp(one.method, one.path);
        EXPECT_EQ(refusal.has_value(), !one.open) << one.method << ' ' << one.path;
        if (refusal) {
            const auto detail = problem_of(*refusal, 403);
            EXPECT_NE(detail.find("Unix socket"), std::string::npos) << detail;
            EXPECT_NE(detail.find("token"), std::string::npos) << detail;
        }
    }
}

TEST_F(RouterTest, WantsTheTokenOnTcpForEverythingButTheProbes) {
    config.ingest.token = "s3cret";
    for (const auto& one : calls) {
        const auto without = refuse_tcp(one.method, one.path);
        EXPECT_EQ(without.has_value(), !one.probe) << one.method << ' ' << one.path;
        if (without) {
            EXPECT_NE(problem_of(*without, 401).find("Bearer"), std::string::npos);
            EXPECT_EQ(header(*without, "WWW-Authenticate"), "Bearer");
        }
        EXPECT_EQ(refuse_tcp(one.method, one.path, bearer("Bearer wrong")).has_value(), !one.probe);
        EXPECT_FALSE(refuse_tcp(one.method, one.path, bearer("Bearer s3cret")))
            << one.method << ' ' << one.path;
    }
}

TEST_F(RouterTest, ReadsTheAuthorizationHeaderAsRfc9110SaysIt) {
    config.ingest.token = "s3cret";
    for (const auto* good : {"Bearer s3cret", "bearer s3cret", "BEARER s3cret", "Bearer   s3cret",
                             " Bearer s3cret "}) {
        EXPECT_FALSE(refuse_tcp("GET", "/v1/status", bearer(good))) << good;
    }
    for (const auto* bad : {"", "s3cret", "Bearer", "Bearer ", "Bearer S3CRET", "Bearer s3cre",
                            "Bearer s3crett", "Bearer s3cret x", "Basic s3cret", "Bearers3cret"}) {
        const auto refusal = refuse_tcp("GET", "/v1/status", bearer(bad));
        ASSERT_TRUE(refusal) << bad;
        EXPECT_EQ(problem_of(*refusal, 401).find("s3cret"), std::string::npos);
    }
}

TEST_F(RouterTest, TakesANewTokenAsSoonAsTheConfigurationHasIt) {
    config.ingest.token = "old";
    EXPECT_FALSE(refuse_tcp("GET", "/v1/status", bearer("Bearer old")));
    config.ingest.token = "new";
    EXPECT_TRUE(refuse_tcp("GET", "/v1/status", bearer("Bearer old")));
    EXPECT_FALSE(refuse_tcp("GET", "/v1/status", bearer("Bearer new")));
}

TEST_F(RouterTest, HidesEvenUnknownPathsBehindTheToken) {
    config.ingest.token = "s3cret";
    problem_of(refuse_tcp("GET", "/nothing").value(), 401);
    problem_of(refuse_tcp("GET", "/nothing", bearer("Bearer s3cret")).value(), 404);
}

TEST_F(RouterTest, AnswersUnknownPathsWith404) {
    for (const auto* path :
         {"/nothing", "/v1", "/v1/", "/v1/event", "/v1/events/1", "/v1/deliveries/5/retry/now",
          "/v1/deliveries/5/drop", "/v1/deliveries//retry", "//", "", "v1/status", "/V1/status",
          "/v1//status", "/v1/status//", "/metricss"}) {
        const auto refusal = router->refuse(request("GET", path));
        ASSERT_TRUE(refusal) << path;
        EXPECT_NE(problem_of(*refusal, 404).find("/v1/events"), std::string::npos) << path;
    }
    const auto strange = router->refuse(request("GET", "/\xff\x01\""));
    ASSERT_TRUE(strange);
    problem_of(*strange, 404);
}

TEST_F(RouterTest, AnswersWrongMethodsWith405AndAllow) {
    struct Wrong {
        const char* method;
        const char* path;
        const char* allow;
    };
    for (const auto& wrong :
         {Wrong{"GET", "/v1/events", "POST"}, Wrong{"HEAD", "/v1/events", "POST"},
          Wrong{"OPTIONS", "/v1/events", "POST"}, Wrong{"PUT", "/v1/explain", "POST"},
          Wrong{"POST", "/v1/status", "GET, HEAD"}, Wrong{"DELETE", "/v1/deliveries", "GET, HEAD"},
          Wrong{"POST", "/v1/deliveries/5", "GET, HEAD, DELETE"},
          Wrong{"GET", "/v1/deliveries/5/retry", "POST"},
          Wrong{"GET", "/v1/deliveries/retry", "POST"},
          Wrong{"DELETE", "/v1/deliveries/drop", "POST"}, Wrong{"GET", "/v1/sync", "POST"},
          Wrong{"POST", "/metrics", "GET, HEAD"}, Wrong{"POST", "/livez", "GET, HEAD"},
          Wrong{"DELETE", "/readyz", "GET, HEAD"}, Wrong{"POST", "/", "GET, HEAD"},
          Wrong{"get", "/", "GET, HEAD"}}) {
        const auto refusal = router->refuse(request(wrong.method, wrong.path));
        ASSERT_TRUE(refusal) << wrong.method << ' ' << wrong.path;
        EXPECT_NE(problem_of(*refusal, 405).find(wrong.allow), std::string::npos);
        EXPECT_EQ(header(*refusal, "Allow"), wrong.allow) << wrong.method << ' ' << wrong.path;
    }
}

TEST_F(RouterTest, TakesATrailingSlashEverywhere) {
    for (const auto& one : calls) {
        EXPECT_FALSE(router->refuse(
            request(one.method, std::string{one.path} + (one.path[1] == '\0' ? "" : "/"))))
            << one.path;
    }
    EXPECT_EQ(call("POST", "/v1/events/", "[]").status, 202U);
    EXPECT_EQ(call("GET", "/v1/status/").status, 200U);
}

TEST_F(RouterTest, TakesHeadForGet) {
    for (const auto* path :
         {"/v1/status", "/v1/deliveries", "/metrics", "/livez", "/readyz", "/"}) {
        EXPECT_EQ(call("HEAD", path).status, 200U) << path;
    }
}

TEST_F(RouterTest, RefusesAWrongContentTypeBeforeTheBody) {
    const auto refusal = refuse_tcp("POST", "/v1/events", {{"Content-Type", "text/plain"}});
    ASSERT_TRUE(refusal);
    problem_of(*refusal, 415);
}

TEST_F(RouterTest, LeavesNothingOpenWhenNobodyAskedRefuse) {
    config.ingest.token = "s3cret";
    problem_of(call_tcp("POST", "/v1/deliveries/drop"), 401);
    problem_of(call_tcp("GET", "/v1/status"), 401);
    config.ingest.token.clear();
    problem_of(call_tcp("POST", "/v1/sync"), 403);
    EXPECT_EQ(syncs, 0);
}

TEST_F(RouterTest, KeepsOtherWebPagesFromPosting) {
    const common::Headers same{{"Host", "Localhost:8093"}, {"Origin", "http://localhost:8093"}};
    EXPECT_FALSE(refuse_tcp("POST", "/v1/explain", same));
    EXPECT_FALSE(refuse_tcp("POST", "/v1/events", {{"Host", "127.0.0.1:8093"}}));
    for (const auto* origin : {"http://evil.example", "null", "http://localhost:8094",
                               "http://localhost", "", "localhost:8093"}) {
        const auto refusal =
            refuse_tcp("POST", "/v1/events", {{"Host", "localhost:8093"}, {"Origin", origin}});
        ASSERT_TRUE(refusal) << origin;
        EXPECT_NE(problem_of(*refusal, 403).find("Origin"), std::string::npos);
    }
    EXPECT_TRUE(refuse_tcp("POST", "/v1/events", {{"Origin", "http://localhost:8093"}}))
        << "without a Host nothing can be the same";
    EXPECT_FALSE(refuse_tcp("GET", "/v1/status",
                            {{"Host", "localhost:8093"}, {"Origin", "http://evil.example"}}));

    config.ingest.token = "s3cret";
    EXPECT_TRUE(
        refuse_tcp("DELETE", "/v1/deliveries/5",
                   {{"Host", "a"}, {"Origin", "http://b"}, {"Authorization", "Bearer s3cret"}}));
    EXPECT_FALSE(
        refuse_tcp("DELETE", "/v1/deliveries/5",
                   {{"Host", "a"}, {"Origin", "https://a"}, {"Authorization", "Bearer s3cret"}}));
}

TEST_F(RouterTest, GivesABrowserThePageThatAsksForTheToken) {
    config.ingest.token = "s3cret";
    const auto page = refuse_tcp("GET", "/", {{"Accept", "text/html,application/xhtml+xml"}});
    ASSERT_TRUE(page);
    EXPECT_EQ(page->status, 401U);
    EXPECT_EQ(header(*page, "WWW-Authenticate"), "Bearer");
    EXPECT_EQ(header(*page, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_NE(page->body.find("token"), std::string::npos);
    EXPECT_EQ(page->body.find("s3cret"), std::string::npos);
    problem_of(refuse_tcp("GET", "/v1/status", {{"Accept", "text/html"}}).value(), 401);
    problem_of(refuse_tcp("GET", "/", {{"Accept", "*/*"}}).value(), 401);
}

} // namespace
} // namespace test

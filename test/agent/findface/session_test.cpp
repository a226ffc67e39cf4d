// The login: how often it is sent, and what its token is used for. Refusals:
// session_refusal_test.cpp.
#include "agent/findface/session.hpp"
#include "test/agent/findface/findface_fixture.hpp"

#include <deque>

namespace {

using common::Fault;
using common::HttpRequest;
using common::Millis;
using test::FakeHttp;
using test::json_answer;
using test::PendingList;

using Login = test::FindfaceFixture;

TEST_F(Login, SendsTheManualsRequestThenABearerToken) {
    config.server.ca_file = "/etc/ca.pem";
    config.server.request_timeout = Millis{3'000};
    ASSERT_TRUE(list());
    ASSERT_EQ(http.requests().size(), 2U);
    const auto& login = http.requests()[0];
    EXPECT_EQ(login.method, "POST");
    EXPECT_EQ(login.url.shown(), "http://lite:8080/v1/auth/login");
    EXPECT_EQ(login.body, R"({"password":"pass-word-1","username":"device"})");
    EXPECT_EQ(header(login, "content-type"), "application/json");
    EXPECT_EQ(header(login, "authorization"), "");
    const auto& call = http.requests()[1];
    EXPECT_EQ(call.method, "GET");
    EXPECT_EQ(call.url.shown(), "http://lite:8080/v1/webhooks/");
    EXPECT_EQ(header(call, "authorization"), "Bearer t1");
    EXPECT_TRUE(call.body.empty());
    for (const auto& one : http.requests()) {
        EXPECT_EQ(header(one, "accept"), "application/json");
        EXPECT_EQ(one.tls.ca_file, "/etc/ca.pem");
        EXPECT_EQ(one.timeout, Millis{3'000});
        EXPECT_FALSE(one.guarded);
        EXPECT_TRUE(one.body_wanted);
        EXPECT_EQ(one.body_limit, 16U << 20);
    }
}

TEST_F(Login, OnlyWhatChangesNothingMayArriveTwice) {
    using agent::findface::Session;
    Session::Terms terms;
    terms.server = config.server;
    const auto kept = [&](const char* method) {
        return Session::request(terms, method, "/v1/webhooks/").kept;
    };
    EXPECT_EQ(kept("GET"), common::KeptConnection::repeat);
    for (const auto* method : {"POST", "PATCH", "PUT", "DELETE"}) {
        EXPECT_EQ(kept(method), common::KeptConnection::none) << method;
    }
}

TEST_F(Login, KeepsThePathPrefixAndSendsNoBasicCredentials) {
    for (const auto* url :
         {"https://u:p@lite/find/face", "https://lite/find/face/", "https://lite/find/face//"}) {
        config.server.url = common::parse_url(url).value();
        client.forget_login();
        http.forget();
        SCOPED_TRACE(url);
        ASSERT_TRUE(list());
        EXPECT_EQ(http.requests()[0].url.shown(), "https://lite/find/face/v1/auth/login");
        EXPECT_EQ(http.requests()[1].url.shown(), "https://lite/find/face/v1/webhooks/");
        EXPECT_TRUE(http.requests()[1].url.user.empty() && http.requests()[1].url.password.empty());
    }
}

TEST_F(Login, IsSharedByConcurrentCalls) {
    on_login = [](const HttpRequest&) { return std::nullopt; };
    std::deque<PendingList> pending;
    for (int i = 0; i < 5; ++i) {
        pending.emplace_back(*this);
    }
    clock.settle();
    EXPECT_EQ(logins, 1);
    EXPECT_EQ(calls(), 0U);
    http.release(grant("shared"));
    clock.settle();
    EXPECT_EQ(logins, 1);
    EXPECT_EQ(calls(), 5U);
    for (const auto& one : pending) {
        ASSERT_TRUE(one.result);
        EXPECT_TRUE(*one.result);
    }
}

TEST_F(Login, FailsForEveryWaitingCall) {
    on_login = [](const HttpRequest&) { return std::nullopt; };
    std::deque<PendingList> pending;
    for (int i = 0; i < 3; ++i) {
        pending.emplace_back(*this);
    }
    clock.settle();
    http.release(FakeHttp::no_answer());
    clock.settle();
    EXPECT_EQ(logins, 1);
    for (const auto& one : pending) {
        ASSERT_TRUE(one.result);
        EXPECT_EQ(one.result->error().fault, Fault::unreachable);
        EXPECT_EQ(one.result->error().message,
                  "POST http://lite:8080/v1/auth/login: connect: connection refused");
    }
}

TEST_F(Login, IsRenewedBeforeTheJwtExpiresAndNotEarlier) {
    on_login = [this](const HttpRequest&) {
        return grant(test::jwt({{"iat", 5000}, {"exp", 5600}, {"jti", logins}}));
    };
    ASSERT_TRUE(list());
    clock.advance(Millis{569'999});
    ASSERT_TRUE(list());
    EXPECT_EQ(logins, 1);
    clock.advance(Millis{1});
    ASSERT_TRUE(list());
    EXPECT_EQ(logins, 2);
    ASSERT_TRUE(list());
    EXPECT_EQ(logins, 2);
}

TEST_F(Login, IsNotRepeatedWhenTheWallClockJumps) {
    for (const bool with_iat : {true, false}) {
        SCOPED_TRACE(with_iat);
        clock.set_wall(common::WallTime{std::chrono::seconds{1'750'000'000}});
        on_login = [with_iat](const HttpRequest&) {
            auto claims = nlohmann::json{{"exp", 1'750'003'600}};
            if (with_iat) {
                claims["iat"] = 1'750'000'000;
            }
            return json_answer(200, nlohmann::json{{"access_token", test::jwt(claims)}}.dump());
        };
        client.forget_login();
        logins = 0;
        ASSERT_TRUE(list());
        for (const std::int64_t wall_s : {0LL, 4'000'000'000LL, 1'750'003'599LL, 1'750'009'999LL}) {
            clock.set_wall(common::WallTime{std::chrono::seconds{wall_s}});
            ASSERT_TRUE(list());
        }
        EXPECT_EQ(logins, 1);
        clock.advance(Millis{3'570'000});
        ASSERT_TRUE(list());
        EXPECT_EQ(logins, 2);
    }
}

TEST_F(Login, IsNotRepeatedForEachCallWhenTheClocksDisagree) {
    on_login = [this](const HttpRequest&) {
        return grant(test::jwt({{"exp", 1'000'000'000}}));
    }; // long ago by our clock
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(list());
    }
    EXPECT_EQ(logins, 1);
}

TEST_F(Login, KeepsAnOpaqueTokenUntilA401) {
    ASSERT_TRUE(list());
    clock.advance(std::chrono::hours{24 * 300});
    ASSERT_TRUE(list());
    EXPECT_EQ(logins, 1);
}

TEST_F(Login, RefusesAPasswordThatIsNotUtf8) {
    config.server.password = "caf\xE9";
    EXPECT_EQ(list_error().fault, Fault::config);
    EXPECT_TRUE(http.requests().empty());
}

TEST_F(Login, IsRepeatedForANewServerAndNoTokenGoesToAnother) {
    // The first server's list is under way when the configuration changes.
    on_call = [](const HttpRequest&) { return std::nullopt; };
    on_login = [this](const HttpRequest& request) { return grant("token-of-" + request.url.host); };
    PendingList pending{*this};
    clock.settle();
    ASSERT_EQ(http.hanging(), 1U);
    config.server.url = common::parse_url("http://other:8080").value();
    client.forget_login();
    on_call = [](const HttpRequest&) { return json_answer(200, R"([{"id":2}])"); };
    http.release(json_answer(200, R"([{"id":1}])"));
    clock.settle();
    ASSERT_TRUE(pending.result && *pending.result);
    ASSERT_EQ(pending.result->value().size(), 1U);
    EXPECT_EQ(pending.result->value()[0].key, "2");
    EXPECT_EQ(logins, 2);
    for (const auto& one : http.requests()) {
        EXPECT_TRUE(is_login(one) ||
                    header(one, "authorization") == "Bearer token-of-" + one.url.host);
    }
}

TEST_F(Login, IsDiscardedIfTheConfigurationChangesMeanwhile) {
    on_login = [](const HttpRequest&) { return std::nullopt; };
    PendingList before{*this};
    clock.settle();
    config.server.url = common::parse_url("http://other:8080").value();
    client.forget_login();
    PendingList after{*this};
    clock.settle();
    on_login = [this](const HttpRequest& request) { return grant("token-of-" + request.url.host); };
    http.release(grant("token-of-lite"));
    clock.settle();
    ASSERT_TRUE(before.result && *before.result);
    ASSERT_TRUE(after.result && *after.result);
    EXPECT_EQ(calls(), 2U);
    for (const auto& one : http.requests()) {
        EXPECT_TRUE(is_login(one) || header(one, "authorization") == "Bearer token-of-other");
    }
}

} // namespace

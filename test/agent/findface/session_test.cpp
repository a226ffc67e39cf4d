// Client's login: how often, when again, and what it says. The lists themselves:
// server_api_test.cpp.
#include "test/agent/findface/server_fixture.hpp"

#include <deque>

namespace {

using common::Fault;
using common::HttpRequest;
using common::Millis;
using test::FakeHttp;
using test::json_answer;
using test::Pending;

using Login = test::ServerFixture;

std::optional<FakeHttp::Answer> unauthorized(const HttpRequest&) {
    return json_answer(401, R"({"detail":"token expired"})");
}

TEST_F(Login, isOneRequestInTheManualsWordsAndThenABearer) {
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

TEST_F(Login, keepsThePathPrefixAndSendsNoBasicCredentials) {
    for (const auto* url :
         {"https://u:p@lite/find/face", "https://lite/find/face/", "https://lite/find/face//"}) {
        config.server.url = common::parse_url(url).value();
        api.forget_login();
        http.forget();
        ASSERT_TRUE(list()) << url;
        EXPECT_EQ(http.requests()[0].url.shown(), "https://lite/find/face/v1/auth/login");
        EXPECT_EQ(http.requests()[1].url.shown(), "https://lite/find/face/v1/webhooks/");
        EXPECT_TRUE(http.requests()[1].url.user.empty() && http.requests()[1].url.password.empty());
    }
}

TEST_F(Login, isSharedByCallsThatComeMeanwhile) {
    on_login = [](const HttpRequest&) { return std::nullopt; };
    std::deque<Pending> pending;
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

TEST_F(Login, thatFailsFailsForAllWhoWaited) {
    on_login = [](const HttpRequest&) { return std::nullopt; };
    std::deque<Pending> pending;
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

TEST_F(Login, isRenewedBeforeTheJwtExpiresAndNotEarlier) {
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

TEST_F(Login, isNotRepeatedWhenTheWallClockJumps) {
    for (const bool with_iat : {true, false}) {
        clock.set_wall(common::WallTime{std::chrono::seconds{1'750'000'000}});
        on_login = [with_iat](const HttpRequest&) {
            auto claims = nlohmann::json{{"exp", 1'750'003'600}};
            if (with_iat) {
                claims["iat"] = 1'750'000'000;
            }
            return json_answer(200, nlohmann::json{{"access_token", test::jwt(claims)}}.dump());
        };
        api.forget_login();
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

TEST_F(Login, isNotRepeatedAtEachCallWhereTheClocksDisagree) {
    on_login = [this](const HttpRequest&) {
        return grant(test::jwt({{"exp", 1'000'000'000}}));
    }; // long ago, says our clock
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(list());
    }
    EXPECT_EQ(logins, 1);
}

TEST_F(Login, ofAnOpaqueTokenIsKeptUntilA401) {
    ASSERT_TRUE(list());
    clock.advance(std::chrono::hours{24 * 300});
    ASSERT_TRUE(list());
    EXPECT_EQ(logins, 1);
}

TEST_F(Login, isMadeAnewAfterA401AndTheCallRepeatedOnce) {
    ASSERT_TRUE(list());
    on_call = [](const HttpRequest& request) {
        return header(request, "authorization") == "Bearer t1" ? *unauthorized(request)
                                                               : json_answer(200, R"([{"id":7}])");
    };
    const auto got = list();
    ASSERT_TRUE(got);
    EXPECT_EQ(got->size(), 1U);
    EXPECT_EQ(logins, 2);
    EXPECT_EQ(calls(), 3U);
}

TEST_F(Login, isMadeAnewOnceForManyCallsAnswered401) {
    ASSERT_TRUE(list());
    on_call = [](const HttpRequest&) { return std::nullopt; };
    std::deque<Pending> pending;
    for (int i = 0; i < 4; ++i) {
        pending.emplace_back(*this);
    }
    clock.settle();
    on_call = [](const HttpRequest&) { return json_answer(200, "[]"); };
    while (http.hanging() > 0) {
        http.release(json_answer(401, ""));
        clock.settle();
    }
    EXPECT_EQ(logins, 2);
    for (const auto& one : pending) {
        ASSERT_TRUE(one.result);
        EXPECT_TRUE(*one.result);
    }
}

TEST_F(Login, thatIsGrantedAndThenRefusedBacksOff) {
    on_call = unauthorized;
    const auto error = list_error();
    EXPECT_EQ(error.fault, Fault::refused);
    EXPECT_EQ(error.message,
              "GET http://lite:8080/v1/webhooks/ answered 401: token expired (with a new login)");
    EXPECT_EQ(logins, 2);
    EXPECT_EQ(calls(), 2U);
    // Until the wait is over nobody is asked anything.
    EXPECT_EQ(list_error().message, error.message);
    clock.advance(Millis{999});
    EXPECT_EQ(list_error().fault, Fault::refused);
    EXPECT_EQ(http.requests().size(), 4U);
    for (const int wait_s : {1, 2, 4, 8, 16, 32, 60, 60, 60}) {
        const auto before = logins;
        clock.advance(Millis{wait_s == 1 ? 0 : wait_s * 1000 - 1});
        EXPECT_EQ(list_error().fault, Fault::refused);
        EXPECT_EQ(logins, before) << wait_s;
        clock.advance(Millis{1});
        EXPECT_EQ(list_error().fault, Fault::refused);
        EXPECT_EQ(logins, before + 1) << wait_s;
    }
}

TEST_F(Login, thatWorksAgainForgetsTheBackoff) {
    on_call = unauthorized;
    list_error();
    on_call = [](const HttpRequest&) { return json_answer(200, "[]"); };
    clock.advance(Millis{1'000});
    ASSERT_TRUE(list());
    const auto before = logins;
    int refused = 0;
    on_call = [&refused](const HttpRequest& request) {
        return refused++ == 0 ? *unauthorized(request) : json_answer(200, "[]");
    };
    EXPECT_TRUE(list());
    EXPECT_EQ(logins, before + 1);
}

TEST_F(Login, thatIsRefusedIsNoStorm) {
    for (const unsigned status : {400U, 401U, 403U, 422U, 429U}) {
        on_login = [status](const HttpRequest&) {
            return json_answer(status, R"({"detail":"Bad credentials"})");
        };
        api.forget_login();
        logins = 0;
        http.forget();
        const auto first = list_error();
        EXPECT_EQ(first.fault, Fault::refused) << status;
        EXPECT_EQ(first.message,
                  "POST http://lite:8080/v1/auth/login answered " + std::to_string(status) +
                      ": Bad credentials; look at server.username and server.password_file");
        for (int tenth = 1; tenth < 6'000; ++tenth) {
            clock.advance(Millis{100});
            const auto error = list_error();
            ASSERT_EQ(error.message, first.message);
            ASSERT_EQ(error.fault, Fault::refused);
        }
        // At 0, 1, 3, 7, 15, 31, 63 s and then each minute.
        EXPECT_EQ(logins, 7 + 8) << status;
        EXPECT_EQ(calls(), 0U);
    }
}

TEST_F(Login, thatIsRefusedIsTriedAgainWhenSomebodyAsksAtMostOnceASecond) {
    on_login = [](const HttpRequest&) { return json_answer(401, ""); };
    list_error();
    clock.advance(Millis{1'000});
    list_error(); // due again in 2 s
    for (int tenth = 0; tenth <= 10; ++tenth) {
        api.retry_login_now();
        list_error();
        EXPECT_EQ(logins, tenth < 10 ? 2 : 3) << tenth;
        clock.advance(Millis{100});
    }
}

TEST_F(Login, thatNobodyAnswersIsTriedAtEachCall) {
    on_login = [](const HttpRequest&) { return FakeHttp::no_answer(); };
    EXPECT_EQ(list_error().fault, Fault::unreachable);
    on_login = [this](const HttpRequest&) { return grant(); };
    EXPECT_TRUE(list());
}

TEST_F(Login, saysWhatIsWrongWhereTheServerIsNoFindFaceLite) {
    struct Case {
        FakeHttp::Answer answer;
        std::string says;
    };
    const std::vector<Case> cases{
        {json_answer(200, "<html>Welcome</html>"), "answered 200 without an access_token"},
        {json_answer(200, R"({"token":"x"})"), "answered 200 without an access_token"},
        {json_answer(200, R"({"access_token":""})"), "answered 200 without an access_token"},
        {json_answer(200, R"({"access_token":7})"), "answered 200 without an access_token"},
        {json_answer(200, R"({"access_token":"a\r\nX-Evil: 1"})"),
         "answered 200 without an access_token"},
        {json_answer(200, R"({"access_to)"), "answered 200 without an access_token"},
        {json_answer(404, "<html>nginx</html>"),
         "answered 404: an HTML page; server.url must be the address of FindFace Lite"},
        {json_answer(405, ""), "answered 405; server.url must be the address of FindFace Lite"},
        {json_answer(502, "Bad Gateway"), "answered 502: Bad Gateway"},
        {common::HttpReply{301, {{"Location", "https://lite/"}}, ""},
         "answered 301 (go to https://lite)"},
    };
    for (const auto& one : cases) {
        on_login = [&one](const HttpRequest&) { return one.answer; };
        const auto error = list_error();
        EXPECT_EQ(error.fault, Fault::unreachable) << one.says;
        EXPECT_NE(error.message.find("POST http://lite:8080/v1/auth/login " + one.says),
                  std::string::npos)
            << error.message;
    }
}

TEST_F(Login, showsNoSecretsWhateverTheServerEchoes) {
    on_login = [](const HttpRequest& request) {
        return json_answer(422, R"({"got":)" + request.body + "}");
    };
    EXPECT_EQ(list_error().message.find("pass-word-1"), std::string::npos);
    api.forget_login();
    on_login = [this](const HttpRequest&) { return grant("secret-token"); };
    on_call = [](const HttpRequest& request) {
        return json_answer(500, "you sent " + header(request, "authorization"));
    };
    const auto message = list_error().message;
    EXPECT_EQ(message.find("secret-token"), std::string::npos) << message;
    EXPECT_NE(message.find("Bearer ***"), std::string::npos) << message;
}

TEST_F(Login, withAPasswordThatIsNoUtf8IsAConfigurationError) {
    config.server.password = "caf\xE9";
    EXPECT_EQ(list_error().fault, Fault::config);
    EXPECT_TRUE(http.requests().empty());
}

TEST_F(Login, isForgottenWithTheConfigurationAndNoTokenGoesToAnotherServer) {
    // The first server's list is under way when the configuration changes.
    on_call = [](const HttpRequest&) { return std::nullopt; };
    on_login = [this](const HttpRequest& request) { return grant("token-of-" + request.url.host); };
    Pending pending{*this};
    clock.settle();
    ASSERT_EQ(http.hanging(), 1U);
    config.server.url = common::parse_url("http://other:8080").value();
    api.forget_login();
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

TEST_F(Login, underWayWhenTheConfigurationChangesIsNotUsed) {
    on_login = [](const HttpRequest&) { return std::nullopt; };
    Pending before{*this};
    clock.settle();
    config.server.url = common::parse_url("http://other:8080").value();
    api.forget_login();
    Pending after{*this};
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

TEST_F(Login, refusedOfOldIsForgottenWithTheConfiguration) {
    on_login = [](const HttpRequest&) { return json_answer(401, ""); };
    EXPECT_EQ(list_error().fault, Fault::refused);
    config.server.password = "the right one";
    api.forget_login();
    on_login = [this](const HttpRequest&) { return grant(); };
    EXPECT_TRUE(list());
}

} // namespace

// Logins and tokens that the server refuses: how often a login is repeated, and what the errors
// say.
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

std::optional<FakeHttp::Answer> unauthorized(const HttpRequest&) {
    return json_answer(401, R"({"detail":"token expired"})");
}

TEST_F(Login, IsRepeatedAfterA401AndSoIsTheCall) {
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

TEST_F(Login, IsRepeatedOnceForManyCallsAnswered401) {
    ASSERT_TRUE(list());
    on_call = [](const HttpRequest&) { return std::nullopt; };
    std::deque<PendingList> pending;
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

TEST_F(Login, BacksOffWhenNewTokensAreRefused) {
    on_call = unauthorized;
    const auto error = list_error();
    EXPECT_EQ(error.fault, Fault::refused);
    EXPECT_EQ(
        error.message,
        "GET http://lite:8080/v1/webhooks/ answered 401: token expired (with a new login too)");
    EXPECT_EQ(logins, 2);
    EXPECT_EQ(calls(), 2U);
    // Until the wait is over nothing is sent.
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

TEST_F(Login, JittersItsWaits) {
    chance = test::half_wait;
    on_login = [](const HttpRequest&) { return json_answer(401, ""); };
    list_error();
    for (const int wait_ms : {500, 1'000, 2'000, 4'000, 8'000, 16'000, 30'000, 30'000}) {
        SCOPED_TRACE(wait_ms);
        const auto before = logins;
        clock.advance(Millis{wait_ms - 1});
        list_error();
        EXPECT_EQ(logins, before);
        clock.advance(Millis{1});
        list_error();
        EXPECT_EQ(logins, before + 1);
    }
}

TEST_F(Login, ForgetsTheBackoffOnceItWorks) {
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

TEST_F(Login, DoesNotStormAServerThatRefusesIt) {
    for (const unsigned status : {400U, 401U, 403U, 422U}) {
        SCOPED_TRACE(status);
        on_login = [status](const HttpRequest&) {
            return json_answer(status, R"({"detail":"Bad credentials"})");
        };
        client.forget_login();
        logins = 0;
        http.forget();
        const auto first = list_error();
        EXPECT_EQ(first.fault, Fault::refused);
        EXPECT_EQ(first.message,
                  "POST http://lite:8080/v1/auth/login answered " + std::to_string(status) +
                      ": Bad credentials; check server.username and server.password_file");
        for (int tenth = 1; tenth < 6'000; ++tenth) {
            clock.advance(Millis{100});
            const auto error = list_error();
            ASSERT_EQ(error.message, first.message);
            ASSERT_EQ(error.fault, Fault::refused);
        }
        // At 0, 1, 3, 7, 15, 31 and 63 s, then every minute.
        EXPECT_EQ(logins, 7 + 8);
        EXPECT_EQ(calls(), 0U);
    }
}

TEST_F(Login, IsRetriedOnRequestAtMostOnceASecond) {
    on_login = [](const HttpRequest&) { return json_answer(401, ""); };
    list_error();
    clock.advance(Millis{1'000});
    list_error(); // now due again in 2 s
    for (int tenth = 0; tenth <= 10; ++tenth) {
        client.retry_login_now();
        list_error();
        EXPECT_EQ(logins, tenth < 10 ? 2 : 3) << tenth;
        clock.advance(Millis{100});
    }
}

TEST_F(Login, IsTriedForEachCallWhileTheServerIsUnreachable) {
    on_login = [](const HttpRequest&) { return FakeHttp::no_answer(); };
    EXPECT_EQ(list_error().fault, Fault::unreachable);
    on_login = [this](const HttpRequest&) { return grant(); };
    EXPECT_TRUE(list());
}

TEST_F(Login, SaysWhenTheServerIsNotFindFaceLite) {
    struct Case {
        FakeHttp::Answer answer;
        std::string says;
    };
    const std::vector<Case> cases{
        {json_answer(200, "<html>Welcome</html>"),
         "answered 200 without an access_token (an HTML page)"},
        {json_answer(511, "<html>Welcome</html>"),
         "answered 511 (this network wants a login before it lets anything through): an HTML page"},
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
         "answered 301 (a redirect to https://lite/)"},
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

TEST_F(Login, ShowsNoSecretsWhateverTheServerEchoes) {
    on_login = [](const HttpRequest& request) {
        return json_answer(422, R"({"got":)" + request.body + "}");
    };
    EXPECT_EQ(list_error().message.find("pass-word-1"), std::string::npos);
    client.forget_login();
    on_login = [this](const HttpRequest&) { return grant("secret-token"); };
    on_call = [](const HttpRequest& request) {
        return json_answer(500, "you sent " + header(request, "authorization"));
    };
    const auto message = list_error().message;
    EXPECT_EQ(message.find("secret-token"), std::string::npos) << message;
    EXPECT_NE(message.find("Bearer ***"), std::string::npos) << message;
}

TEST_F(Login, ForgetsARefusalWhenTheConfigurationChanges) {
    on_login = [](const HttpRequest&) { return json_answer(401, ""); };
    EXPECT_EQ(list_error().fault, Fault::refused);
    config.server.password = "the right one";
    client.forget_login();
    on_login = [this](const HttpRequest&) { return grant(); };
    EXPECT_TRUE(list());
}

} // namespace

// Redirects: frameworks answer a missing or superfluous slash with one. And tokens that are refused
// in other ways than by a 401, and servers that ask to wait.
#include "test/agent/findface/findface_fixture.hpp"

namespace {

using common::Fault;
using common::HttpReply;
using common::HttpRequest;
using common::Millis;
using test::FakeHttp;
using test::json_answer;
using test::run;

FakeHttp::Answer redirect(unsigned status, std::string location) {
    return HttpReply{status, {{"Location", std::move(location)}}, ""};
}

struct Redirects : test::FindfaceFixture {
    /// As FastAPI does with routes without the final slash, or (`with`) with it.
    FakeHttp::Answer slashes(const HttpRequest& request, bool with, FakeHttp::Answer answer) {
        auto path = request.url.target;
        if (path.ends_with('/') == with) {
            return answer;
        }
        with ? path.push_back('/') : path.pop_back();
        return redirect(307, "http://lite:8080" + path);
    }
};

TEST_F(Redirects, AreFollowedWithMethodBodyAndToken) {
    on_call = [](const HttpRequest& request) {
        return request.url.target == "/v1/webhooks" ? json_answer(201, R"({"id":7})")
                                                    : redirect(308, "/v1/webhooks");
    };
    ASSERT_TRUE(run(loop, client.create(R"({"name":"a"})")));
    const auto& sent = http.requests();
    ASSERT_EQ(sent.size(), 3U);
    for (const auto i : {1U, 2U}) {
        EXPECT_EQ(sent[i].method, "POST");
        EXPECT_EQ(sent[i].body, R"({"name":"a"})");
        EXPECT_EQ(header(sent[i], "authorization"), "Bearer t1");
        EXPECT_EQ(header(sent[i], "content-type"), "application/json");
    }
    EXPECT_EQ(sent[1].url.target, "/v1/webhooks/");
    EXPECT_EQ(sent[2].url.target, "/v1/webhooks");
}

TEST_F(Redirects, AreFollowedByEveryCallWithBothHabitsOfSlashes) {
    for (const bool with : {false, true}) {
        SCOPED_TRACE(with);
        client.forget_login();
        on_login = [&, with](const HttpRequest& request) {
            auto granted = grant();
            return request.url.target.ends_with('/') || !with
                       ? granted
                       : redirect(307, "http://lite:8080/v1/auth/login/");
        };
        on_call = [&, with](const HttpRequest& request) {
            const bool is_list =
                request.method == "GET" && request.url.target.find("/7") == std::string::npos;
            return slashes(request, with, json_answer(200, is_list ? "[]" : R"({"id":7})"));
        };
        EXPECT_TRUE(list());
        EXPECT_TRUE(run(loop, client.show("7")));
        EXPECT_TRUE(run(loop, client.create(R"({"name":"a"})")));
        EXPECT_TRUE(run(loop, client.update("7", R"({"name":"b"})")));
        EXPECT_TRUE(run(loop, client.remove("7")));
    }
}

TEST_F(Redirects, ToAnotherPlaceAreNeverFollowed) {
    for (const std::string place :
         {"https://lite:8080/v1/webhooks/", "http://lite/v1/webhooks/", "http://lite:8081/",
          "http://other:8080/v1/webhooks/", "//other:8080/x", "http://lite.:8080/", "ftp://lite/",
          "http://lite:8080@other/"}) {
        SCOPED_TRACE(place);
        client.forget_login();
        http.forget();
        on_call = [&](const HttpRequest&) { return redirect(307, place); };
        const auto error = list_error();
        EXPECT_EQ(error.fault, Fault::unreachable);
        EXPECT_EQ(calls(), 1U);
        const std::string shown = place.find('@') == std::string::npos ? place : "http://other/";
        EXPECT_NE(error.message.find("answered 307 (a redirect to " + shown + ")"),
                  std::string::npos)
            << error.message;
        for (const auto& one : http.requests()) {
            EXPECT_EQ(one.url.origin(), "http://lite:8080");
        }
    }
}

TEST_F(Redirects, OfOtherStatusesAreNotFollowed) {
    for (const unsigned status : {301U, 302U, 303U}) {
        http.forget();
        client.forget_login();
        on_call = [&](const HttpRequest&) { return redirect(status, "/v1/webhooks"); };
        EXPECT_NE(list_error().message.find("(a redirect to /v1/webhooks); only 307 and 308"),
                  std::string::npos);
        EXPECT_EQ(calls(), 1U);
    }
}

TEST_F(Redirects, AreFollowedTwiceAtMost) {
    on_call = [](const HttpRequest& request) {
        return redirect(307, request.url.target == "/a" ? "/b" : "/a");
    };
    EXPECT_EQ(list_error().message,
              "GET http://lite:8080/v1/webhooks/: answered 307 (a redirect to /a) for the third "
              "time: at most two redirects are followed");
    EXPECT_EQ(calls(), 3U);
}

TEST_F(Redirects, KeepTheQueryOfAPage) {
    on_call = [&](const HttpRequest& request) {
        const auto& target = request.url.target;
        if (target == "/v1/webhooks") {
            return json_answer(200, R"({"items":[{"id":1}],"next":"?page=2"})");
        }
        if (target == "/v1/webhooks?page=2") {
            return json_answer(200, R"({"items":[{"id":2}],"next":null})");
        }
        auto without = target;
        without.erase(without.rfind('/'), 1);
        return redirect(307, "http://lite:8080" + without);
    };
    const auto got = list();
    ASSERT_TRUE(got) << got.error().message;
    EXPECT_EQ(got->size(), 2U);
}

using Stale = test::FindfaceFixture;

TEST_F(Stale, TokenLeadsToOneNewLoginHoweverItIsRefused) {
    const FakeHttp::Answer refusals[] = {
        json_answer(401, ""),
        json_answer(403, R"({"detail":"Could not validate credentials"})"),
        json_answer(403, R"({"detail":"Not authenticated"})"),
        json_answer(419, ""),
        json_answer(422, R"({"msg":"Signature has expired"})"),
        json_answer(400, R"({"detail":"token invalid"})"),
        redirect(302, "/login?next=x")};
    for (const auto& refusal : refusals) {
        client.forget_login();
        on_call = [](const HttpRequest&) { return json_answer(200, "[]"); };
        ASSERT_TRUE(list());
        const auto stale = "Bearer t" + std::to_string(logins);
        on_call = [&](const HttpRequest& request) {
            return header(request, "authorization") == stale ? refusal : json_answer(200, "[]");
        };
        http.forget();
        const auto before = logins;
        EXPECT_TRUE(list());
        EXPECT_EQ(logins, before + 1);
        EXPECT_EQ(calls(), 2U);
        EXPECT_TRUE(list());
        EXPECT_EQ(logins, before + 1);
    }
}

TEST_F(Stale, TokenThatIsRefusedForGoodCausesNoStorm) {
    ASSERT_TRUE(list());
    on_call = [](const HttpRequest&) { return json_answer(403, R"({"detail":"no right"})"); };
    http.forget();
    logins = 0;
    const auto error = list_error();
    EXPECT_EQ(error.fault, Fault::refused);
    EXPECT_EQ(error.message, "GET http://lite:8080/v1/webhooks/ answered 403: no right");
    EXPECT_EQ(logins, 1);
    EXPECT_EQ(calls(), 2U);
    for (int tenth = 1; tenth < 6'000; ++tenth) {
        clock.advance(Millis{100});
        EXPECT_EQ(list_error().fault, Fault::refused);
    }
    // One at once, then one at 1, 3, 7, 15, 31 and 63 s and every minute.
    EXPECT_EQ(logins, 7 + 8);
    on_call = [](const HttpRequest&) { return json_answer(200, "[]"); };
    clock.advance(Millis{60'000});
    EXPECT_TRUE(list()) << "the right was given back";
    EXPECT_EQ(logins, 7 + 8) << "the token was not at fault";
}

TEST_F(Stale, FreshTokenWithoutTheRightIsNotTriedTwice) {
    on_call = [](const HttpRequest&) { return json_answer(403, R"({"detail":"no right"})"); };
    const auto error = list_error();
    EXPECT_EQ(error.message, "GET http://lite:8080/v1/webhooks/ answered 403: no right");
    EXPECT_EQ(logins, 1);
    EXPECT_EQ(calls(), 1U);
    list_error();
    EXPECT_EQ(logins, 2) << "by then the token may be stale";
    EXPECT_EQ(calls(), 3U);
}

struct TooMany : test::FindfaceFixture {
    FakeHttp::Answer later(unsigned status, const std::string& seconds) {
        return HttpReply{status, {{"Retry-After", seconds}}, R"({"detail":"Too many logins"})"};
    }
};

TEST_F(TooMany, LoginsSayNothingAboutThePassword) {
    on_login = [](const HttpRequest&) { return json_answer(429, R"({"detail":"slowly"})"); };
    const auto error = list_error();
    EXPECT_EQ(error.message, "POST http://lite:8080/v1/auth/login answered 429: slowly");
    EXPECT_EQ(error.fault, Fault::unreachable);
    for (int tenth = 1; tenth < 6'000; ++tenth) {
        clock.advance(Millis{100});
        ASSERT_EQ(list_error().message, error.message);
    }
    EXPECT_EQ(logins, 7 + 8) << "no storm";
}

TEST_F(TooMany, LoginsWaitAsLongAsTheServerAsks) {
    for (const unsigned status : {429U, 503U, 403U}) {
        SCOPED_TRACE(status);
        client.forget_login();
        on_login = [&](const HttpRequest&) { return later(status, "119.3"); };
        logins = 0;
        const auto error = list_error();
        EXPECT_NE(error.message.find("; the server asks to wait 120 s"), std::string::npos)
            << error.message;
        for (int second = 0; second < 119; ++second) {
            clock.advance(Millis{1'000});
            client.retry_login_now(); // not even a user shortens it
            EXPECT_EQ(list_error().message, error.message);
        }
        EXPECT_EQ(logins, 1);
        on_login = [this](const HttpRequest&) { return grant(); };
        clock.advance(Millis{1'000});
        EXPECT_TRUE(list());
    }
}

} // namespace

// Client's lists and definitions. Its login: session_test.cpp.
#include "test/agent/findface/findface_fixture.hpp"

namespace {

using common::Fault;
using common::HttpRequest;
using test::FakeHttp;
using test::json_answer;
using test::run;

struct FindfaceClient : test::FindfaceFixture {
    /// Each page by its target; anything else is 404.
    void serve(std::map<std::string, std::string> pages) {
        on_call = [pages = std::move(pages)](const HttpRequest& request) {
            const auto found = pages.find(request.url.target);
            return found == pages.end() ? json_answer(404, R"({"detail":"Not found."})")
                                        : json_answer(200, found->second);
        };
    }
    std::vector<std::string> keys() {
        const auto got = list();
        EXPECT_TRUE(got) << (got ? "" : got.error().message);
        std::vector<std::string> keys;
        for (const auto& one : got.value_or(std::vector<agent::Definition>{})) {
            keys.push_back(one.key);
        }
        return keys;
    }
    void answer(unsigned status, std::string body) {
        on_call = [status, body = std::move(body)](const HttpRequest&) {
            return json_answer(status, body);
        };
    }
};

using Keys = std::vector<std::string>;

TEST_F(FindfaceClient, ListsInEveryShape) {
    for (const auto* body :
         {R"([{"id":1},{"id":2}])",
          R"({"results":[{"id":1},{"id":2}],"next_page":null,"prev_page":null})",
          R"({"items":[{"id":1},{"id":2}],"next":""})", R"({"data":[{"id":1},{"id":2}]})"}) {
        answer(200, body);
        EXPECT_EQ(keys(), (Keys{"1", "2"})) << body;
    }
    answer(200, "[]");
    EXPECT_EQ(keys(), Keys{});
}

TEST_F(FindfaceClient, KeepsIdsBeyondADoubleAndUnknownFields) {
    answer(
        200,
        R"([{"id":9007199254740993,"name":"x","filters":{"card_in":[4589691150480880065]},"later":{"a":1.5}},)"
        R"({"id":18446744073709551615}])");
    const auto got = list();
    ASSERT_TRUE(got);
    EXPECT_EQ((*got)[0].key, "9007199254740993");
    EXPECT_EQ((*got)[1].key, "18446744073709551615");
    const auto definition = nlohmann::json::parse((*got)[0].json);
    EXPECT_EQ(definition["filters"]["card_in"][0].dump(), "4589691150480880065");
    EXPECT_EQ(definition["later"]["a"], 1.5);
}

TEST_F(FindfaceClient, FollowsPagesInOrder) {
    const std::string second = R"({"results":[{"id":1}],"next_page":null})";
    for (const auto* next :
         {"http://lite:8080/fl/v1/webhooks/?page=2", "HTTP://LITE:8080/fl/v1/webhooks/?page=2",
          "/fl/v1/webhooks/?page=2", "?page=2", "/v1/webhooks/?page=2", "v1/webhooks/?page=2",
          "http://u:p@lite:8080/fl/v1/webhooks/?page=2"}) {
        for (const auto* key : {"next_page", "next"}) {
            config.server.url = common::parse_url("http://lite:8080/fl").value();
            const auto first = nlohmann::json{{"results", {{{"id", 3}}}}, {key, next}};
            serve({{"/fl/v1/webhooks/", first.dump()}, {"/fl/v1/webhooks/?page=2", second}});
            SCOPED_TRACE(std::string{key} + ": " + next);
            EXPECT_EQ(keys(), (Keys{"3", "1"}));
            EXPECT_TRUE(last().url.user.empty());
            EXPECT_EQ(header(last(), "authorization"), "Bearer t1");
        }
    }
}

TEST_F(FindfaceClient, FollowsTheNumbersOfPages) {
    serve({{"/v1/webhooks/", R"({"items":[{"id":3}],"total":2,"page":1,"size":1,"pages":2})"},
           {"/v1/webhooks/?page=2&size=1",
            R"({"items":[{"id":1}],"total":2,"page":2,"size":1,"pages":2})"}});
    EXPECT_EQ(keys(), (Keys{"3", "1"}));
    serve({{"/v1/webhooks/", R"({"results":[{"id":3}],"total":2,"limit":1,"offset":0})"},
           {"/v1/webhooks/?offset=1&limit=1",
            R"({"results":[{"id":1}],"total":2,"limit":1,"offset":1})"}});
    EXPECT_EQ(keys(), (Keys{"3", "1"}));
    // One that does not heed the number sends the first page for ever.
    answer(200, R"({"items":[{"id":3}],"total":2,"page":1,"size":1,"pages":2})");
    EXPECT_NE(list_error().message.find("twice"), std::string::npos);
}

TEST_F(FindfaceClient, FollowsALinkHeader) {
    on_call = [](const HttpRequest& request) {
        const bool second = request.url.target.ends_with("?page=2");
        common::HttpReply reply{200, {}, second ? R"([{"id":1}])" : R"([{"id":3}])"};
        if (!second) {
            reply.headers.push_back({"Link", R"(</v1/webhooks/?page=2>; rel="next")"});
        }
        return FakeHttp::Answer{std::move(reply)};
    };
    EXPECT_EQ(keys(), (Keys{"3", "1"}));
}

TEST_F(FindfaceClient, NeverSendsItsTokenToAnotherOrigin) {
    for (const auto* next : {"http://evil:8080/v1/webhooks/", "http://lite/v1/webhooks/?page=2",
                             "https://lite:8080/v1/webhooks/?page=2", "//evil/v1/webhooks/"}) {
        serve(
            {{"/v1/webhooks/", nlohmann::json{{"results", {{{"id", 3}}}}, {"next", next}}.dump()}});
        SCOPED_TRACE(next);
        http.forget();
        const auto error = list_error();
        EXPECT_EQ(error.fault, Fault::unreachable);
        EXPECT_NE(error.message.find(", but the whole list must come from http://lite:8080"),
                  std::string::npos)
            << error.message;
        EXPECT_EQ(calls(), 1U);
    }
    serve({{"/v1/webhooks/", R"({"results":[],"next":"https://evil.example/x?y"})"}});
    EXPECT_NE(list_error().message.find("https://evil.example"), std::string::npos);
}

TEST_F(FindfaceClient, StopsAtListsThatDoNotEnd) {
    serve({{"/v1/webhooks/", R"({"results":[{"id":1}],"next":"?page=2"})"},
           {"/v1/webhooks/?page=2", R"({"results":[{"id":2}],"next":"/v1/webhooks/"})"}});
    EXPECT_NE(list_error().message.find("this page was read before"), std::string::npos);
    EXPECT_EQ(calls(), 2U);

    http.forget();
    int page = 0;
    on_call = [&page](const HttpRequest&) {
        ++page;
        return json_answer(200, R"({"results":[{"id":)" + std::to_string(page) +
                                    R"(}],"next":"?page=)" + std::to_string(page) + R"("})");
    };
    EXPECT_NE(list_error().message.find("more than 1000 pages"), std::string::npos);
    EXPECT_EQ(calls(), 1000U);
}

TEST_F(FindfaceClient, RefusesListsThatAreNotWholeAndValid) {
    struct Case {
        FakeHttp::Answer answer;
        Fault fault;
        std::string says;
    };
    const std::vector<Case> cases{
        {json_answer(200, "<!DOCTYPE html><title>Log in</title>"), Fault::unreachable, "HTML page"},
        {json_answer(200, R"([{"id":1},)"), Fault::unreachable, "not valid JSON"},
        {json_answer(200, ""), Fault::unreachable, "not valid JSON"},
        {json_answer(200, R"({"webhooks":[]})"), Fault::unreachable, "results, items or data"},
        {json_answer(200, R"({"results":{"id":1}})"), Fault::unreachable,
         "results is an object: expected a list of webhooks"},
        {json_answer(200, R"([{"id":1},{"name":"no id"}])"), Fault::unreachable,
         "\"no id\" has no id"},
        {json_answer(200, R"([{"id":1.5}])"), Fault::unreachable, "id = 1.5: expected an integer"},
        {json_answer(200, R"([{"id":1},{"id":2},{"id":1}])"), Fault::unreachable, "the id 1 twice"},
        {json_answer(200, R"({"results":[{"id":1},{"id":2}],"count":3})"), Fault::unreachable,
         "breaks off after 2 of them: count = 3"},
        {json_answer(200, R"({"items":[{"id":1}],"has_more":true})"), Fault::unreachable,
         "breaks off after 1 of them: has_more = true"},
        {json_answer(200, R"({"results":[],"next":7})"), Fault::unreachable,
         "next is a number: expected a URL or null"},
        {json_answer(200, R"({"results":[],"next":"ht tp://x"})"), Fault::unreachable,
         "the address of the next page"},
        {json_answer(206, "[]"), Fault::unreachable, "answered 206"},
        {json_answer(204, ""), Fault::unreachable, "answered 204"},
        {json_answer(404, ""), Fault::unreachable,
         "answered 404; server.url must be the address of FindFace Lite"},
        {json_answer(400, R"({"detail":"bad"})"), Fault::unreachable, "answered 400: bad"},
        {json_answer(403, R"({"detail":"no right"})"), Fault::refused, "answered 403: no right"},
        {json_answer(500, "Internal Server Error"), Fault::unreachable,
         "answered 500: Internal Server Error"},
        {common::HttpReply{302, {{"Location", "/login"}}, ""}, Fault::unreachable,
         "answered 302 (a redirect to /login); only 307 and 308"},
        {FakeHttp::no_answer("read: the connection was closed in the middle of the body"),
         Fault::unreachable, "in the middle of the body"},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(one.says);
        on_call = [&one](const HttpRequest&) { return one.answer; };
        client.forget_login();
        const auto error = list_error();
        EXPECT_EQ(error.fault, one.fault);
        EXPECT_NE(error.message.find(one.says), std::string::npos) << error.message;
        EXPECT_TRUE(error.message.starts_with("GET http://lite:8080/v1/webhooks/"))
            << error.message;
    }
}

TEST_F(FindfaceClient, SaysWhichPageIsBroken) {
    serve({{"/v1/webhooks/", R"({"results":[{"id":1}],"next":"?page=2"})"},
           {"/v1/webhooks/?page=2", R"({"results":[{"id":1}]})"}});
    const auto error = list_error();
    EXPECT_TRUE(error.message.starts_with("GET http://lite:8080/v1/webhooks/?page=2: "))
        << error.message;
    EXPECT_NE(error.message.find("twice"), std::string::npos);
}

TEST_F(FindfaceClient, ShowsCreatesUpdatesAndRemoves) {
    answer(200, R"({"id":7,"name":"x"})");
    EXPECT_EQ(run(loop, client.show("7")).value(), R"({"id":7,"name":"x"})");
    EXPECT_EQ(last().method + " " + last().url.target, "GET /v1/webhooks/7/");
    EXPECT_EQ(header(last(), "content-type"), "");

    answer(201, R"({"id":8})");
    EXPECT_EQ(run(loop, client.create(R"({"name":"new"})")).value(), R"({"id":8})");
    EXPECT_EQ(last().method + " " + last().url.target, "POST /v1/webhooks/");
    EXPECT_EQ(last().body, R"({"name":"new"})");
    EXPECT_EQ(header(last(), "content-type"), "application/json");

    EXPECT_TRUE(run(loop, client.update("8", R"({"active":false})")));
    EXPECT_EQ(last().method + " " + last().url.target, "PATCH /v1/webhooks/8/");
    EXPECT_EQ(last().body, R"({"active":false})");

    answer(204, "");
    EXPECT_EQ(run(loop, client.update("8", R"({"active":false})")).value(), "{}");
    EXPECT_TRUE(run(loop, client.remove("8")));
    EXPECT_EQ(last().method + " " + last().url.target, "DELETE /v1/webhooks/8/");
    EXPECT_TRUE(last().body.empty());
}

TEST_F(FindfaceClient, UsesPutWherePatchIsNotAllowed) {
    on_call = [](const HttpRequest& request) {
        return request.method == "PATCH" ? json_answer(405, "") : json_answer(200, R"({"id":8})");
    };
    EXPECT_EQ(run(loop, client.update("8", R"({"active":false})")).value(), R"({"id":8})");
    EXPECT_EQ(calls(), 2U);
    EXPECT_EQ(last().method + " " + last().url.target, "PUT /v1/webhooks/8/");
    EXPECT_EQ(last().body, R"({"active":false})");
    answer(405, "");
    http.forget();
    EXPECT_EQ(run(loop, client.update("8", "{}")).error().fault, Fault::input);
    EXPECT_EQ(calls(), 2U);
}

TEST_F(FindfaceClient, QuotesTheServersErrors) {
    struct Case {
        unsigned status;
        std::string body;
        Fault fault;
        std::string says;
    };
    const std::vector<Case> cases{
        {400, R"({"detail":"target: no URL"})", Fault::input, " answered 400: target: no URL"},
        {409, R"({"message":"name is taken"})", Fault::input, " answered 409: name is taken"},
        {422, R"({"detail":[{"loc":["body","name"],"msg":"field required"}]})", Fault::input,
         " answered 422: body.name: field required"},
        {404, R"({"detail":"Not found."})", Fault::input, " answered 404: Not found."},
        {403, "", Fault::refused, " answered 403"},
        {500, "oops", Fault::unreachable, " answered 500: oops"},
        {200, "<html>", Fault::unreachable, " answered 200 with a body that is not a JSON object"},
        {200, "[1]", Fault::unreachable, " answered 200 with a body that is not a JSON object"},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(one.says);
        answer(one.status, one.body);
        const auto shown = run(loop, client.show("7"));
        ASSERT_FALSE(shown);
        EXPECT_EQ(shown.error().fault, one.fault);
        EXPECT_EQ(shown.error().message, "GET http://lite:8080/v1/webhooks/7/" + one.says);
        const auto updated = run(loop, client.update("7", "{}"));
        ASSERT_FALSE(updated);
        EXPECT_EQ(updated.error().fault, one.fault);
        if (one.status != 200) {
            const auto removed = run(loop, client.remove("7"));
            ASSERT_FALSE(removed);
            EXPECT_EQ(removed.error().message, "DELETE http://lite:8080/v1/webhooks/7/" + one.says);
        }
    }
    answer(404, "");
    const auto created = run(loop, client.create("{}"));
    ASSERT_FALSE(created);
    EXPECT_EQ(created.error().fault, Fault::unreachable);
    EXPECT_NE(created.error().message.find("server.url must be"), std::string::npos);
    on_call = [](const HttpRequest&) { return FakeHttp::no_answer(); };
    EXPECT_EQ(run(loop, client.create("{}")).error().fault, Fault::unreachable);
    EXPECT_EQ(run(loop, client.remove("7")).error().message,
              "DELETE http://lite:8080/v1/webhooks/7/: connect: connection refused");
}

TEST_F(FindfaceClient, PutsOnlyIdsIntoThePath) {
    for (const auto* id :
         {"", "local:door", "../auth/login", "1/", "-1", "1?x", "%31", "184467440737095516150"}) {
        SCOPED_TRACE(id);
        const auto error = run(loop, client.show(id)).error();
        EXPECT_EQ(error.fault, Fault::input);
        EXPECT_EQ(error.message, "ID = \"" + std::string{id} + "\": expected a whole number");
        EXPECT_EQ(run(loop, client.update(id, "{}")).error().fault, Fault::input);
        EXPECT_EQ(run(loop, client.remove(id)).error().fault, Fault::input);
    }
    EXPECT_TRUE(http.requests().empty());
}

TEST_F(FindfaceClient, NeedsAServer) {
    config.server.url.reset();
    EXPECT_EQ(list_error().fault, Fault::config);
    EXPECT_EQ(run(loop, client.show("7")).error().fault, Fault::config);
    EXPECT_EQ(run(loop, client.remove("7")).error().fault, Fault::config);
    EXPECT_TRUE(http.requests().empty());
}

} // namespace

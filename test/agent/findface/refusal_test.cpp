#include "agent/findface/refusal.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using common::Fault;
using common::HttpReply;

std::string words(const std::string& body, const std::vector<std::string>& secrets = {}) {
    return agent::findface::server_words(HttpReply{400, {}, body}, secrets);
}

TEST(Refusal, QuotesTheServersOwnWords) {
    EXPECT_EQ(words(R"({"detail":"No such webhook"})"), "No such webhook");
    EXPECT_EQ(words(R"({"message":"Nope","code":7})"), "Nope");
    EXPECT_EQ(words(R"({"code":"BAD","desc":"bad filter"})"), "bad filter");
    EXPECT_EQ(words(R"({"detail":null,"error":"locked"})"), "locked");
    EXPECT_EQ(
        words(
            R"({"detail":[{"loc":["body","filters",0],"msg":"wrong","input":"hush"},{"msg":"and more"}]})"),
        "body.filters.0: wrong; and more");
    EXPECT_EQ(words(R"({"name":["This field is required."]})"),
              R"({"name":["This field is required."]})");
    EXPECT_EQ(words("Bad Request\n"), "Bad Request");
    EXPECT_EQ(words("  <!DOCTYPE html><html>"), "an HTML page");
    EXPECT_EQ(words(" \r\n"), "");
}

TEST(Refusal, QuotesNoMoreThan200CharactersOnOneLine) {
    std::string umlauts;
    for (int i = 0; i < 300; ++i) {
        umlauts += "ü";
    }
    EXPECT_EQ(words(umlauts), umlauts.substr(0, 400) + "…");
    EXPECT_EQ(words(std::string(200, 'a')), std::string(200, 'a'));
    EXPECT_EQ(words("two\r\n\tlines\x1b[31m red\x7f \xC2\x9B end"), "two lines [31m red end");
}

TEST(Refusal, AlwaysQuotesValidUtf8) {
    const auto text = words("caf\xE9 \xF0\x9F");
    EXPECT_NO_THROW(static_cast<void>(nlohmann::json(text).dump()));
    EXPECT_TRUE(text.starts_with("caf")) << text;
}

TEST(Refusal, MasksSecrets) {
    EXPECT_EQ(words("hunter2 is wrong, really: hunter2", {"hunter2"}), "*** is wrong, really: ***");
    EXPECT_EQ(words(R"({"body":{"password":"a\"b\\c"}})", {"a\"b\\c"}),
              R"({"body":{"password":"***"}})");
    EXPECT_EQ(words("nothing to hide", {"", "x1"}), "nothing to hide");
    EXPECT_EQ(words(std::string(190, '.') + "a-long-password", {"a-long-password"}),
              std::string(190, '.') + "***");
    EXPECT_EQ(words("****", {"*"}), "************");
}

TEST(Refusal, SurvivesAHostileBody) {
    EXPECT_FALSE(
        words(R"({"detail":)" + std::string(60'000, '[') + std::string(60'000, ']') + "}").empty());
    EXPECT_FALSE(words(std::string(300'000, 'x')).empty());
}

TEST(Refusal, DerivesTheFaultFromTheStatus) {
    struct Case {
        unsigned status;
        Fault fault;
    };
    for (const auto& one :
         {Case{301, Fault::unreachable}, Case{400, Fault::input}, Case{401, Fault::refused},
          Case{403, Fault::refused}, Case{404, Fault::input}, Case{405, Fault::input},
          Case{408, Fault::unreachable}, Case{409, Fault::input}, Case{422, Fault::input},
          Case{429, Fault::unreachable}, Case{500, Fault::unreachable},
          Case{503, Fault::unreachable}}) {
        const auto error = agent::findface::refusal(
            "GET http://host/x", HttpReply{one.status, {}, R"({"detail":"so"})"}, {});
        SCOPED_TRACE(one.status);
        EXPECT_EQ(error.fault, one.fault);
        EXPECT_TRUE(
            error.message.starts_with("GET http://host/x answered " + std::to_string(one.status)))
            << error.message;
        EXPECT_EQ(error.message.find(": so") != std::string::npos, one.status != 301)
            << error.message;
    }
}

TEST(Refusal, SaysWhereARedirectPointsWithoutItsSecrets) {
    const HttpReply reply{
        302, {{"location", "https://me:hush@other.example/login?token=hush"}}, "moved"};
    const auto message = agent::findface::refusal("GET http://host/x", reply, {}).message;
    EXPECT_EQ(message, "GET http://host/x answered 302 (a redirect to "
                       "https://other.example/login?...); only 307 and 308 to the same scheme, "
                       "host and port are followed: server.url must be the final address");
    EXPECT_TRUE(
        agent::findface::refusal("GET http://host/x", HttpReply{302, {}, ""}, {})
            .message.starts_with("GET http://host/x answered 302 without a Location; only"));
}

TEST(Refusal, NamesTheSchemeThatA401AsksFor) {
    const HttpReply reply{401, {{"WWW-Authenticate", "Basic realm=\"x\""}}, "no"};
    EXPECT_EQ(agent::findface::refusal("GET http://host/x", reply, {}).message,
              "GET http://host/x answered 401 (asks for Basic): no");
}

TEST(Refusal, KnowsWhatANewLoginMayMend) {
    struct Row {
        unsigned status;
        common::Headers headers;
        std::string body;
        bool may_mend;
    };
    const Row rows[] = {
        {401, {}, "", true},
        {403, {}, R"({"detail":"Could not validate credentials"})", true},
        {403, {}, "", true},
        {419, {}, "", true},
        {440, {}, "", true},
        {498, {}, "", true},
        {400, {}, R"({"detail":"Invalid token"})", true},
        {400, {}, R"({"error":"jwt expired"})", true},
        {422,
         {},
         R"({"detail":[{"loc":["header","authorization"],"msg":"field required"}]})",
         true},
        {422, {}, R"({"msg":"Signature verification failed"})", true},
        {302, {{"Location", "/login?next=/v1/webhooks/"}}, "", true},
        {303, {{"Location", "https://sso.example/SignIn"}}, "", true},
        {400, {}, R"({"detail":"target: must be a URL"})", false},
        {422, {}, R"({"detail":[{"loc":["body","filters"],"msg":"wrong"}]})", false},
        {400, {}, "<html>", false},
        {302, {{"Location", "/v1/webhooks"}}, "", false},
        {302, {}, "", false},
        {200, {}, "token", false},
        {404, {}, "token", false},
        {405, {}, "", false},
        {409, {}, "token", false},
        {429, {}, "token", false},
        {500, {}, "token", false},
        {503, {}, "", false}};
    for (const auto& [status, headers, body, may_mend] : rows) {
        EXPECT_EQ(agent::findface::login_may_mend({status, headers, body}), may_mend)
            << status << body;
    }
}

} // namespace

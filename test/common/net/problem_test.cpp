#include "common/net/problem.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace common {
namespace {

TEST(Problem, HasTheMembersOfRfc9457) {
    const auto reply = problem(413, "too \"long\"", {{"Allow", "GET"}});
    EXPECT_EQ(reply.status, 413U);
    EXPECT_EQ(reply.headers,
              (Headers{{"Allow", "GET"}, {"Content-Type", "application/problem+json"}}));
    EXPECT_EQ(reply.body, R"({"type":"about:blank","title":"Content Too Large","status":413,)"
                          R"("detail":"too \"long\""})");
}

TEST(Problem, ShowsNoControlCharacters) {
    const auto body = nlohmann::json::parse(problem(404, "no \xff\x1b\u202e here").body);
    EXPECT_EQ(body["title"], "Not Found");
    EXPECT_EQ(body["detail"], "no \\xff\\x1b\\u202e here");
}

TEST(JsonReply, CarriesTheTextAsItIs) {
    const auto reply = json_reply(202, "{\"a\":1}");
    EXPECT_EQ(reply.status, 202U);
    EXPECT_EQ(reply.headers, (Headers{{"Content-Type", "application/json"}}));
    EXPECT_EQ(reply.body, "{\"a\":1}");
}

} // namespace
} // namespace common

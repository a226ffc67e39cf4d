#include "agent/api/routes.hpp"

#include <algorithm>
#include <gtest/gtest.h>

namespace agent {
namespace {

struct Row {
    const char* path;
    Endpoint endpoint;
    const char* id;
    const char* allow;
    bool open;
};

// Contract section 5.
constexpr Row rows[] = {
    {"/v1/events", Endpoint::events, "", "POST, GET, HEAD", true},
    {"/v1/events/17", Endpoint::event, "17", "GET, HEAD", true},
    {"/v1/explain", Endpoint::explain, "", "POST", true},
    {"/v1/status", Endpoint::status, "", "GET, HEAD", true},
    {"/v1/deliveries", Endpoint::deliveries, "", "GET, HEAD", false},
    {"/v1/deliveries/retry", Endpoint::retry_deliveries, "", "POST", false},
    {"/v1/deliveries/drop", Endpoint::drop_deliveries, "", "POST", false},
    {"/v1/deliveries/17", Endpoint::delivery, "17", "GET, HEAD, DELETE", false},
    {"/v1/deliveries/x y", Endpoint::delivery, "x y", "GET, HEAD, DELETE", false},
    {"/v1/deliveries/17/retry", Endpoint::retry_delivery, "17", "POST", false},
    {"/v1/deliveries/retry/retry", Endpoint::retry_delivery, "retry", "POST", false},
    {"/v1/sync", Endpoint::sync, "", "POST", false},
    {"/metrics", Endpoint::metrics, "", "GET, HEAD", true},
    {"/livez", Endpoint::livez, "", "GET, HEAD", true},
    {"/readyz", Endpoint::readyz, "", "GET, HEAD", true},
    {"/", Endpoint::page, "", "GET, HEAD", true},
};

TEST(Routes, FindEachPathOfTheContract) {
    for (const auto& row : rows) {
        for (const std::string slash : {"", "/"}) {
            const bool is_page = row.endpoint == Endpoint::page;
            const auto path = row.path + (is_page ? "" : slash);
            SCOPED_TRACE(path);
            const auto match = find_route(path);
            ASSERT_TRUE(match);
            EXPECT_EQ(match->route->endpoint, row.endpoint);
            EXPECT_EQ(match->id, row.id);
            EXPECT_EQ(match->route->open, row.open);
            EXPECT_EQ(match->route->allow(), row.allow);
        }
    }
}

TEST(Routes, AllowExactlyTheMethodsOfTheAllowHeader) {
    for (const auto& row : rows) {
        const auto match = find_route(row.path);
        ASSERT_TRUE(match) << row.path;
        const auto listed = ", " + std::string{row.allow} + ",";
        for (const std::string method :
             {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "get"}) {
            EXPECT_EQ(match->route->allows(method),
                      listed.find(", " + method + ",") != std::string::npos)
                << method << ' ' << row.path;
        }
        EXPECT_FALSE(match->route->allows("")) << row.path;
    }
}

TEST(Routes, FindNoOtherPath) {
    for (const auto* path :
         {"", "v1/status", "*", "//", "/v1", "/v1/", "/v2/status", "/V1/status", "/v1//status",
          "/v1/status//", "/v1/statuss", "/v1/events/1/x", "/v1/deliveries//retry",
          "/v1/deliveries/5/drop", "/v1/deliveries/5/retry/now", "/{id}", "/metrics/x"}) {
        EXPECT_FALSE(find_route(path)) << path;
    }
}

TEST(Routes, NameThePathThatDoesNotExist) {
    const auto reply = no_such_path("/v1/event\"");
    EXPECT_EQ(reply.status, 404U);
    EXPECT_NE(reply.body.find(R"(there is nothing at \"/v1/event\\\"\": events go to /v1/events)"),
              std::string::npos)
        << reply.body;
}

TEST(Routes, NameTheMethodsThatAPathAllows) {
    const auto reply = wrong_method(*find_route("/v1/deliveries/5")->route, "PUT");
    EXPECT_EQ(reply.status, 405U);
    EXPECT_EQ(common::find_header(reply.headers, "Allow"), "GET, HEAD, DELETE");
    EXPECT_NE(reply.body.find("PUT is not allowed on /v1/deliveries/{id}: expected one of: GET, "
                              "HEAD, DELETE"),
              std::string::npos)
        << reply.body;
    const auto page = wrong_method(*find_route("/")->route, "POST");
    EXPECT_NE(page.body.find("POST is not allowed on /: expected"), std::string::npos) << page.body;
}

} // namespace
} // namespace agent

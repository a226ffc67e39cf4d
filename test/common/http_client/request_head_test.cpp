#include "common/http_client/request_head.hpp"

#include <gtest/gtest.h>

using common::HttpRequest;
using common::request_head;

namespace {

HttpRequest request(std::string method, std::string_view url, std::string body = {}) {
    HttpRequest made;
    made.method = std::move(method);
    made.url = *common::parse_url(url);
    made.body = std::move(body);
    return made;
}

} // namespace

TEST(RequestHead, FollowsRfc9112) {
    auto post = request("POST", "https://door.test/open?x=1", "{}");
    post.headers = {{"Content-Type", "application/json"}};
    EXPECT_EQ(request_head(post, "agent/1").value(), "POST /open?x=1 HTTP/1.1\r\n"
                                                     "Host: door.test\r\n"
                                                     "User-Agent: agent/1\r\n"
                                                     "Content-Type: application/json\r\n"
                                                     "Content-Length: 2\r\n\r\n");
    EXPECT_EQ(request_head(request("GET", "http://[::1]:8080"), "").value(),
              "GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n");
    EXPECT_EQ(request_head(request("PATCH", "http://a/"), "").value(),
              "PATCH / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
}

TEST(RequestHead, LeavesFramingToTheClientAndTheUserAgentToTheCaller) {
    auto get = request("GET", "http://a/");
    get.headers = {{"Host", "b"},           {"CONTENT-LENGTH", "7"},
                   {"Connection", "close"}, {"Transfer-Encoding", "chunked"},
                   {"user-agent", "mine"},  {"Hosts", "c"}};
    EXPECT_EQ(request_head(get, "agent/1").value(),
              "GET / HTTP/1.1\r\nHost: a\r\nuser-agent: mine\r\nHosts: c\r\n\r\n");
}

TEST(RequestHead, LetsNothingEndALineEarly) {
    const auto good = request("GET", "http://a/");
    const std::string bad_line =
        "request: the method and the target must not be empty or contain spaces";
    const std::string bad_value = "request: the value of header X contains control characters";
    const std::string bad_name =
        "request: the name of a header is not a token (RFC 9110, section 5.1)";
    struct Case {
        HttpRequest request;
        std::string says;
    };
    std::vector<Case> cases{
        {good, bad_line},  {good, bad_line},
        {good, bad_line},  {good, bad_line},
        {good, bad_line},  {good, "request: the host name contains control characters"},
        {good, bad_value}, {good, bad_value},
        {good, bad_name},  {good, bad_name}};
    cases[0].request.method = "";
    cases[1].request.method = "GET /x HTTP/1.1\r\nX: y";
    cases[2].request.url.target = "";
    cases[3].request.url.target = "/a b";
    cases[4].request.url.target = "/a\r\nX: y";
    cases[5].request.url.host = "a\r\nX: y";
    cases[6].request.headers = {{"X", "a\r\nY: b"}};
    cases[7].request.headers = {{"X", std::string{"a\0b", 3}}};
    cases[8].request.headers = {{"X Y", "a"}};
    cases[9].request.headers = {{"", "a"}};
    EXPECT_TRUE(request_head(good, ""));
    for (std::size_t i = 0; i < cases.size(); ++i) {
        SCOPED_TRACE(i);
        const auto head = request_head(cases[i].request, "");
        ASSERT_FALSE(head);
        EXPECT_EQ(head.error().fault, common::Fault::input);
        EXPECT_EQ(head.error().message, cases[i].says);
    }
}

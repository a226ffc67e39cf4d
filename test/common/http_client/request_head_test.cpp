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

TEST(RequestHead, SaysWhatRfc9112Wants) {
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
    std::vector<HttpRequest> bad(10, good);
    bad[0].method = "";
    bad[1].method = "GET /x HTTP/1.1\r\nX: y";
    bad[2].url.target = "";
    bad[3].url.target = "/a b";
    bad[4].url.target = "/a\r\nX: y";
    bad[5].url.host = "a\r\nX: y";
    bad[6].headers = {{"X", "a\r\nY: b"}};
    bad[7].headers = {{"X", std::string{"a\0b", 3}}};
    bad[8].headers = {{"X Y", "a"}};
    bad[9].headers = {{"", "a"}};
    EXPECT_TRUE(request_head(good, ""));
    for (std::size_t i = 0; i < bad.size(); ++i) {
        const auto head = request_head(bad[i], "");
        ASSERT_FALSE(head) << i;
        EXPECT_EQ(head.error().fault, common::Fault::input) << i;
        EXPECT_EQ(head.error().message.find("Y: b"), std::string::npos) << i;
    }
}

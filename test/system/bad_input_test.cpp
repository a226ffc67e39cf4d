// Malformed bodies and heads against the whole program: each is answered with problem+json that
// says in plain words what is wrong, and the agent goes on serving.
#include "test/support/program.hpp"
#include "test/support/raw_client.hpp"
#include "test/support/scripted_server.hpp"

#include <gtest/gtest.h>

namespace {

using nlohmann::json;
using test::RawClient;

struct BadBody {
    const char* name;
    std::string type; // content type
    std::string body;
    unsigned status;
    std::string says; // part of the detail; never empty
};

struct BadHead {
    const char* name;
    std::string bytes;
    unsigned status;
    std::string says; // part of the detail; never empty
};

class BadInput : public testing::Test {
  protected:
    static void SetUpTestSuite() {
        target_ = std::make_unique<test::ScriptedServer>(
            [](const test::Seen&) { return test::Answer{}; });
        agent_ = std::make_unique<test::Program>(test::Program::Sections{
            {"webhooks", {{"file", "webhooks.json"}}}, {"ingest", {{"max_body", "64KiB"}}}});
        agent_->folder().write("webhooks.json",
                               json::array({{{"name", "all"}, {"target", target_->url()}}}).dump());
        agent_->start();
    }
    static void TearDownTestSuite() {
        // The agent still works after all that, and nothing that was refused has been delivered.
        EXPECT_EQ(agent_->post("/v1/events", R"({"id":"good","type":"face"})").status, 202U);
        EXPECT_TRUE(target_->wait_for(1, std::chrono::seconds{20}));
        EXPECT_EQ(target_->count(), 1U);
        EXPECT_EQ(agent_->stop(), 0);
        agent_.reset();
        target_.reset();
    }
    static inline std::unique_ptr<test::ScriptedServer> target_;
    static inline std::unique_ptr<test::Program> agent_;
};

void expect_problem(const test::RawReply& reply, unsigned status, const std::string& says) {
    ASSERT_FALSE(says.empty()) << "every row says which message it wants";
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_EQ(reply.header("Content-Type"), "application/problem+json");
    const auto problem = json::parse(reply.body, nullptr, false);
    ASSERT_TRUE(problem.is_object()) << reply.body;
    EXPECT_EQ(problem["status"], status);
    EXPECT_NE(problem["detail"].get<std::string>().find(says), std::string::npos)
        << problem["detail"];
    EXPECT_EQ(problem["detail"].get<std::string>().find("exception"), std::string::npos)
        << "the message is an exception's";
}

TEST_F(BadInput, Bodies) {
    const std::string deep = std::string(100'000, '[');
    const std::string type = "application/json";
    const std::string lines = "application/x-ndjson";
    const BadBody table[] = {
        {"empty", type, "", 400, "empty"},
        {"blank", type, " \n\t ", 400, "empty"},
        {"word", type, "hello", 400, "not valid JSON at byte 1:"},
        {"number", type, "17", 400, "object"},
        {"string", type, R"("face")", 400, "object"},
        {"null", type, "null", 400, "object"},
        {"number in an array", type, R"([{"type":"face"},5])", 400, "event 1"},
        {"array in an array", type, R"([[{"type":"face"}]])", 400, "event 0"},
        {"cut object", type, R"({"type":"face")", 400, "ends before"},
        {"cut string", type, R"({"type":"fa)", 400, "ends before"},
        {"cut array", type, R"([{"type":"face"})", 400, "ends before"},
        {"comma too many", type, R"({"type":"face",})", 400, "byte 16"},
        {"comma too many in the array", type, R"([{"type":"face"},])", 400, "byte 18"},
        {"two objects", type, R"({"type":"face"}{"type":"car"})", 400, "byte 15"},
        {"single quotes", type, "{'type':'face'}", 400, "byte 2:"},
        {"key without quotes", type, "{type:\"face\"}", 400, "byte 3:"},
        {"NaN", type, R"({"confidence":NaN})", 400, "byte 15:"},
        {"leading zero", type, R"({"camera":01})", 400, "byte 12:"},
        {"number beyond a double", type, R"({"confidence":1e999})", 400, "double"},
        {"comment", type, R"({"type":"face"} // x)", 400, "byte 15"},
        {"BOM", type, "\xEF\xBB\xBF{\"type\":\"face\"}", 400, "byte order mark"},
        {"UTF-16", type, std::string("\xFF\xFE{\0\"\0", 6), 400, "NUL"},
        {"invalid UTF-8", type, "{\"type\":\"\xC3\x28\"}", 400, "UTF-8"},
        {"overlong UTF-8", type, "{\"type\":\"\xC0\xAF\"}", 400, "UTF-8"},
        {"lone surrogate", type, R"({"name":"\uD800"})", 400, "surrogate"},
        {"control character in a string", type, "{\"type\":\"fa\nce\"}", 400, "control character"},
        {"NUL", type, std::string("{\"type\":\"fa\0ce\"}", 16), 400, "NUL"},
        {"too deep", type, "{\"x\":" + std::string(70, '[') + std::string(70, ']') + "}", 400,
         "64"},
        {"very deep", type, deep.substr(0, 60'000), 400, "ends before"},
        {"id with a line break", type, R"({"id":"1\r\nx: y"})", 400, "id"},
        {"second line broken", lines, "{\"type\":\"face\"}\n{\"type\":\n", 400, "event 1"},
        {"array as a line", lines, "[{\"type\":\"face\"}]\n", 400, "event 0"},
        {"form", "application/x-www-form-urlencoded", "type=face", 415, "application/json"},
        {"text", "text/plain", R"({"type":"face"})", 415, "application/json"},
        {"XML", "application/xml", "<event/>", 415, "application/json"},
        {"other charset", "application/json; charset=latin1", R"({"type":"face"})", 415, "UTF-8"},
        {"too large", type, "{\"x\":\"" + std::string(70'000, 'x') + "\"}", 413, "65536"},
    };
    static_assert(std::size(table) >= 30);
    for (const auto& row : table) {
        SCOPED_TRACE(row.name);
        auto client = RawClient::tcp(agent_->port());
        const auto reply = client.ask(
            RawClient::post("/v1/events", row.body, "Content-Type: " + row.type + "\r\n"));
        ASSERT_TRUE(reply);
        expect_problem(*reply, row.status, row.says);
    }
}

TEST_F(BadInput, Heads) {
    const std::string host = "Host: localhost\r\n";
    const std::string body = "Content-Type: application/json\r\nContent-Length: 2\r\n";
    const BadHead table[] = {
        {"garbage", "hello\r\n\r\n", 400, "request line"},
        {"no version", "GET /v1/status\r\n\r\n", 400, "request line"},
        {"HTTP/3.9", "GET / HTTP/3.9\r\n" + host + "\r\n", 505, "HTTP/1.1"},
        {"no Host", "GET /v1/status HTTP/1.1\r\n\r\n", 400, "Host"},
        {"space before the colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400, "colon"},
        {"folded header", "GET / HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n", 400, "folded"},
        {"header without colon", "GET / HTTP/1.1\r\n" + host + "hello\r\n\r\n", 400, "colon"},
        {"two lengths",
         "POST /v1/events HTTP/1.1\r\n" + host + body + "Content-Length: 3\r\n\r\n{} ", 400,
         "Content-Length"},
        {"length and chunks",
         "POST /v1/events HTTP/1.1\r\n" + host + body +
             "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         400, "Transfer-Encoding"},
        {"negative length", "POST /v1/events HTTP/1.1\r\n" + host + "Content-Length: -2\r\n\r\n{}",
         400, "Content-Length"},
        {"length is a word",
         "POST /v1/events HTTP/1.1\r\n" + host + "Content-Length: two\r\n\r\n{}", 400,
         "Content-Length"},
        {"bad chunk",
         "POST /v1/events HTTP/1.1\r\n" + host +
             "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
         400, "chunk"},
        {"huge header",
         "GET / HTTP/1.1\r\n" + host + "A: " + std::string(100'000, 'a') + "\r\n\r\n", 431,
         "16384"},
        {"bad escape", "GET /%zz HTTP/1.1\r\n" + host + "\r\n", 400, "hexadecimal"},
        {"NUL in the path", "GET /%00 HTTP/1.1\r\n" + host + "\r\n", 400, "zero byte"},
        {"unknown path", "GET /v2/events HTTP/1.1\r\n" + host + "\r\n", 404, "/v2/events"},
        {"wrong method", "DELETE /v1/events HTTP/1.1\r\n" + host + "\r\n", 405, "DELETE"},
        {"gzip", "POST /v1/events HTTP/1.1\r\n" + host + body + "Content-Encoding: gzip\r\n\r\n{}",
         415, "gzip"},
    };
    for (const auto& row : table) {
        SCOPED_TRACE(row.name);
        auto client = RawClient::tcp(agent_->port());
        const auto reply = client.ask(row.bytes);
        ASSERT_TRUE(reply);
        expect_problem(*reply, row.status, row.says);
    }
}

} // namespace

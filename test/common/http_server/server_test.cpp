#include "test/common/http_server/running_server.hpp"

namespace {

using test::echo_of;
using test::expect_problem;
using test::RawClient;
using test::RunningServer;
using namespace std::chrono_literals;

const std::string chunked_head =
    "POST /c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";

TEST(Server, PassesTheRequestOnAsItArrived) {
    RunningServer server;
    auto client = server.client();
    const auto reply = client.ask(RawClient::post("/a%20b?c=%20d", "body", "X-One: 1\r\n"));
    const auto echo = echo_of(reply);
    EXPECT_EQ(echo["method"], "POST");
    EXPECT_EQ(echo["path"], "/a b");
    EXPECT_EQ(echo["query"], "c=%20d");
    EXPECT_EQ(echo["body"], "body");
    EXPECT_EQ(echo["headers"]["X-One"], "1");
    EXPECT_EQ(echo["local"], false);
    EXPECT_EQ(reply->header("Content-Type"), "application/json");
    EXPECT_EQ(reply->header("Server"), "test-server");
    EXPECT_EQ(reply->header("Connection"), "");
    EXPECT_EQ(reply->header("Date"), "");
}

TEST(Server, KeepsConnectionsAliveUntilTheClientWantsOtherwise) {
    RunningServer server;
    auto client = server.client();
    for (int i = 0; i < 100; ++i) {
        ASSERT_EQ(echo_of(client.ask(RawClient::post("/", std::to_string(i))))["body"],
                  std::to_string(i));
    }
    const auto last = client.ask("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(echo_of(last)["path"], "/");
    EXPECT_EQ(last->header("Connection"), "close");
    EXPECT_TRUE(client.closed());
}

TEST(Server, ServesHttp10) {
    RunningServer server;
    auto once = server.client();
    EXPECT_EQ(echo_of(once.ask("GET /old HTTP/1.0\r\n\r\n"))["path"], "/old");
    EXPECT_TRUE(once.closed());
    auto twice = server.client();
    for (int i = 0; i < 2; ++i) {
        const auto reply = twice.ask("GET /old HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        EXPECT_EQ(echo_of(reply)["path"], "/old");
        EXPECT_EQ(reply->header("Connection"), "keep-alive");
    }
}

TEST(Server, AnswersPipelinedRequestsInTheirOrder) {
    RunningServer server;
    auto client = server.client();
    std::string all;
    for (int i = 0; i < 50; ++i) {
        all += i % 2 == 0 ? RawClient::post("/" + std::to_string(i),
                                            std::string(static_cast<std::size_t>(i) * 100, 'a'))
                          : RawClient::get("/" + std::to_string(i));
    }
    ASSERT_TRUE(client.send(all));
    for (int i = 0; i < 50; ++i) {
        const auto echo = echo_of(client.read());
        ASSERT_EQ(echo["path"], "/" + std::to_string(i));
        ASSERT_EQ(echo["size"], i % 2 == 0 ? i * 100 : 0);
    }
}

TEST(Server, AnswersWhatWasPipelinedBeforeAMalformedRequest) {
    RunningServer server;
    auto client = server.client();
    client.send(RawClient::get("/1") + "nonsense\r\n\r\n" + RawClient::get("/2"));
    EXPECT_EQ(echo_of(client.read())["path"], "/1");
    expect_problem(client.read(), 400);
    EXPECT_TRUE(client.closed());
}

TEST(Server, IgnoresAnEmptyLineBeforeARequest) {
    RunningServer server;
    auto client = server.client();
    EXPECT_EQ(echo_of(client.ask("\r\n" + RawClient::get("/1") + "\r\n\r\n"))["path"], "/1");
    EXPECT_EQ(echo_of(client.ask(RawClient::get("/2")))["path"], "/2");
}

TEST(Server, ReadsRequestsThatArriveByteByByte) {
    RunningServer server;
    auto client = server.client();
    for (const char byte :
         "\r\n" + RawClient::post("/slowly", "a body") + RawClient::get("/next")) {
        ASSERT_TRUE(client.send({&byte, 1}));
    }
    EXPECT_EQ(echo_of(client.read())["body"], "a body");
    EXPECT_EQ(echo_of(client.read())["path"], "/next");
}

TEST(Server, AnswersAClientThatHasClosedItsHalf) {
    RunningServer server;
    auto client = server.client();
    client.send(RawClient::get("/half"));
    client.finish();
    EXPECT_EQ(echo_of(client.read())["path"], "/half");
    EXPECT_TRUE(client.closed());
}

TEST(Server, PutsChunksTogether) {
    RunningServer server;
    auto client = server.client();
    const auto echo = echo_of(client.ask(
        chunked_head + "5\r\nhello\r\n1;ext=1\r\n \r\n5\r\nworld\r\n0\r\nTrailer: x\r\n\r\n"));
    EXPECT_EQ(echo["body"], "hello world");
    EXPECT_EQ(echo_of(client.ask(RawClient::get("/next")))["path"], "/next");
}

TEST(Server, AcceptsABodyOfExactlyTheLimitOfBothKinds) {
    RunningServer server;
    auto client = server.client();
    const std::string body(64 * 1024, 'x');
    EXPECT_EQ(echo_of(client.ask(RawClient::post("/", body)))["size"], body.size());
    EXPECT_EQ(echo_of(client.ask(chunked_head + "10000\r\n" + body + "\r\n0\r\n\r\n"))["size"],
              body.size());
}

TEST(Server, AnswersHeadLikeGetWithoutTheBody) {
    RunningServer server;
    auto client = server.client();
    client.send("HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n");
    const auto head = client.read(true);
    ASSERT_TRUE(head);
    const auto get =
        client.ask("GET /a HTTP/1.1\r\nHost: x\r\n\r\n"); // would fail if a body had followed
    EXPECT_EQ(echo_of(get)["method"], "GET");
    EXPECT_EQ(head->header("Content-Length"), std::to_string(get->body.size()));
    EXPECT_EQ(head->header("Content-Type"), "application/json");
}

TEST(Server, SendsNoBodyAndNoLengthWith204) {
    RunningServer server;
    auto client = server.client();
    const auto reply = client.ask(RawClient::get("/empty"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->status, 204U);
    EXPECT_EQ(reply->header("Content-Length"), "");
    EXPECT_EQ(echo_of(client.ask(RawClient::get("/next")))["path"], "/next");
}

TEST(Server, KeepsItsOwnHeadersAndLetsNoneBeInjected) {
    RunningServer server;
    auto client = server.client();
    const auto reply = client.ask(RawClient::get("/headers"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->header("X-Good"), "yes");
    EXPECT_EQ(reply->header("X-Injected"), "");
    EXPECT_EQ(reply->header("Content-Length"), "2");
    EXPECT_EQ(echo_of(client.ask(RawClient::get("/next")))["path"], "/next");
}

TEST(Server, SendsALargeAnswerWhole) {
    RunningServer server;
    auto client = server.client();
    const auto reply = client.ask(RawClient::get("/large"));
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->body.size(), 32U * 1024 * 1024);
}

TEST(Server, AsksForTheBodyOnlyAfterTheGateAcceptedTheHead) {
    RunningServer server;
    auto client = server.client();
    client.send(
        "POST /ok HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    const auto word = client.read();
    ASSERT_TRUE(word);
    EXPECT_EQ(word->status, 100U);
    EXPECT_EQ(echo_of(client.ask("body"))["body"], "body");

    client.send(
        "POST /forbidden HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
    expect_problem(client.read(), 403);
    EXPECT_TRUE(client.closed());
}

TEST(Server, DoesNotAskForABodyThatHasArrivedOrThatIsEmpty) {
    RunningServer server;
    auto client = server.client();
    EXPECT_EQ(echo_of(client.ask(RawClient::post("/", "body", "Expect: 100-continue\r\n")))["body"],
              "body");
    EXPECT_EQ(echo_of(client.ask(RawClient::post("/", "", "Expect: 100-Continue\r\n")))["body"],
              "");
}

TEST(Server, KeepsTheConnectionAfterARefusalWhenTheBodyWasRead) {
    RunningServer server;
    auto client = server.client();
    expect_problem(client.ask(RawClient::get("/forbidden")), 403);
    expect_problem(client.ask(RawClient::post("/forbidden", std::string(1'000'000, 'x'))), 403);
    std::string chunks =
        "POST /forbidden HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (int i = 0; i < 100; ++i) {
        chunks += "1000\r\n" + std::string(4096, 'x') + "\r\n";
    }
    expect_problem(client.ask(chunks + "0\r\n\r\n"), 403);
    EXPECT_EQ(echo_of(client.ask(RawClient::get("/next")))["path"], "/next");
    EXPECT_EQ(server.handled, 1U);
}

TEST(Server, ClosesAfterARefusalWhenTheBodyDoesNotArrive) {
    auto options = RunningServer::small();
    options.request_timeout = 100ms;
    RunningServer server{options};
    auto client = server.client();
    client.send("POST /forbidden HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf");
    const auto reply = client.read();
    expect_problem(reply, 403);
    EXPECT_EQ(reply->header("Connection"), "close");
    EXPECT_TRUE(client.closed());
}

TEST(Server, Answers500WhenHandlerOrGateThrowsAndSaysNoMore) {
    RunningServer server;
    auto client = server.client();
    testing::internal::CaptureStderr();
    const auto reply = client.ask(RawClient::get("/throw?token=abc"));
    const auto other = client.ask(RawClient::get("/gate-throws"));
    const auto log = testing::internal::GetCapturedStderr();
    expect_problem(reply, 500);
    expect_problem(other, 500);
    EXPECT_EQ((reply->body + other->body + log).find("s3cret"), std::string::npos);
    EXPECT_NE(log.find("/throw"), std::string::npos) << log;
    EXPECT_EQ(log.find("abc"), std::string::npos) << log;
    EXPECT_EQ(echo_of(client.ask(RawClient::get("/next")))["path"], "/next");
}

TEST(Server, LetsAHandlerFinishAlthoughTheClientIsGone) {
    RunningServer server;
    auto client = server.client();
    client.send(RawClient::get("/slow"));
    server.wait_for_handled(1);
    client.reset();
    EXPECT_EQ(server.finished, 0U);
    server.release();
    EXPECT_EQ(echo_of(server.client().ask(RawClient::get("/next")))["path"], "/next");
    EXPECT_EQ(server.finished, 1U);
}

TEST(Server, RunsHandlersOfSeveralConnectionsConcurrently) {
    RunningServer server;
    std::vector<RawClient> clients;
    for (unsigned i = 0; i < 20; ++i) {
        clients.push_back(server.client());
        clients.back().send(RawClient::get("/slow"));
    }
    server.wait_for_handled(20);
    server.release();
    for (auto& client : clients) {
        EXPECT_EQ(echo_of(client.read())["path"], "/slow");
    }
}

TEST(Server, AppliesNewOptionsToLaterRequests) {
    RunningServer server;
    auto client = server.client();
    EXPECT_EQ(echo_of(client.ask(RawClient::post("/", "12345")))["size"], 5);
    server.on_loop([](common::http_server::Server& http) {
        auto options = RunningServer::small();
        options.max_body = 4;
        http.set_options(options);
    });
    expect_problem(client.ask(RawClient::post("/", "12345")), 413);
}

} // namespace

#include "test/common/http_server/bad_requests.hpp"
#include "test/common/http_server/running_server.hpp"

namespace {

using test::echo_of;
using test::expect_problem;
using test::RawClient;
using test::RunningServer;
using namespace std::chrono_literals;

TEST(Server, RefusesMalformedRequestsWithAReasonAndKeepsServing) {
    RunningServer server;
    const auto table = test::bad_requests();
    ASSERT_GE(table.size(), 30U);
    for (const auto& bad : table) {
        SCOPED_TRACE(bad.name);
        auto client = server.client();
        const auto reply = client.ask(bad.bytes);
        const auto detail = expect_problem(reply, bad.status);
        EXPECT_NE(detail.find(bad.says), std::string::npos) << detail;
        EXPECT_EQ(reply ? reply->header("Connection") : "", "close");
        EXPECT_TRUE(client.closed()); // nothing after it was taken for a request
        EXPECT_EQ(echo_of(server.client().ask(RawClient::get("/next")))["path"], "/next");
    }
    EXPECT_EQ(server.handled, table.size());
}

TEST(Server, SaysThatARequestEndedEarly) {
    RunningServer server;
    for (const std::string half :
         {"GET / HT", "GET / HTTP/1.1\r\nHost: x\r\n",
          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf",
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
        SCOPED_TRACE(half);
        auto client = server.client();
        client.send(half);
        client.finish();
        EXPECT_EQ(expect_problem(client.read(), 400),
                  "the connection ended before the request was complete");
        EXPECT_TRUE(client.closed());
    }
    EXPECT_EQ(server.handled, 0U);
}

TEST(Server, ReadsATooLargeBodyBeforeItAnswers) {
    RunningServer server;
    const std::string body(8 * 1024 * 1024, 'x');
    auto client = server.client();
    ASSERT_TRUE(client.send(
        RawClient::post("/", body))); // a client that reads nothing until it has sent everything
    const auto reply = client.read();
    const auto detail = expect_problem(reply, 413);
    EXPECT_EQ(detail, "the body exceeds the limit of 65536 bytes");
    EXPECT_EQ(reply->header("Connection"), "close");
    EXPECT_TRUE(client.closed());

    auto chunking = server.client();
    ASSERT_TRUE(chunking.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"));
    for (int i = 0; i < 100; ++i) {
        ASSERT_TRUE(chunking.send("10000\r\n" + std::string(64 * 1024, 'x') + "\r\n"));
    }
    ASSERT_TRUE(chunking.send("0\r\n\r\n"));
    expect_problem(chunking.read(), 413);
    EXPECT_TRUE(chunking.closed());
    EXPECT_EQ(server.handled, 0U);
}

TEST(Server, Answers413AtOnceToAClientThatAsksFirst) {
    RunningServer server;
    auto client = server.client();
    client.send(
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n");
    expect_problem(client.read(), 413);
    EXPECT_TRUE(client.closed());
}

TEST(Server, Answers413AlthoughTheBodyNeverEnds) {
    auto options = RunningServer::small();
    options.request_timeout = 300ms;
    RunningServer server{options};
    auto client = server.client();
    client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\nhalf");
    expect_problem(client.read(), 413);
    EXPECT_TRUE(client.closed());

    auto chunking = server.client();
    chunking.send("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n100000\r\n" +
                  std::string(100'000, 'x'));
    expect_problem(chunking.read(), 413);
    EXPECT_TRUE(chunking.closed());
}

TEST(Server, Answers408ToARequestThatStaysHalfSent) {
    auto options = RunningServer::small();
    options.request_timeout = 200ms;
    RunningServer server{options};
    for (const std::string half :
         {"G", "GET / HTTP/1.1\r\nHost: x\r\n",
          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf",
          "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"}) {
        SCOPED_TRACE(half);
        auto client = server.client();
        client.send(half);
        EXPECT_EQ(expect_problem(client.read(), 408), "the request was not complete within 200 ms");
        EXPECT_TRUE(client.closed());
    }
    // Also on a connection that was used before, and although single bytes keep arriving.
    auto client = server.client();
    EXPECT_EQ(echo_of(client.ask(RawClient::get("/1")))["path"], "/1");
    std::thread trickle{[&client] {
        for (const char byte : "GET /" + std::string(100'000, 'a')) {
            if (!client.send({&byte, 1})) {
                return;
            }
            std::this_thread::yield();
        }
    }};
    const auto reply = client.read();
    client.finish();
    trickle.join();
    ASSERT_TRUE(reply);
    EXPECT_TRUE(reply->status == 408 || reply->status == 414)
        << reply->head; // a fast machine sends all of it in time
}

TEST(Server, ClosesIdleConnectionsWithoutAnAnswer) {
    auto options = RunningServer::small();
    options.idle_timeout = 100ms;
    RunningServer server{options};
    auto silent = server.client();
    EXPECT_TRUE(silent.closed());
    auto served = server.client_that_sent(RawClient::get("/1") + "\r\n");
    EXPECT_EQ(echo_of(served.read())["path"], "/1");
    EXPECT_TRUE(served.closed());
}

TEST(Server, DoesNotMistakeASlowHandlerForASlowClient) {
    auto options = RunningServer::small();
    options.request_timeout = 50ms;
    options.idle_timeout = 50ms;
    RunningServer server{options};
    auto client = server.client_that_sent(RawClient::get("/slow"));
    server.wait_for_handled(1);
    EXPECT_TRUE(server.client().closed()); // by then, both time-outs have passed
    server.release();
    EXPECT_EQ(echo_of(client.read())["path"], "/slow");
}

TEST(Server, DoesNotWaitForeverForAClientThatDoesNotRead) {
    auto options = RunningServer::small();
    options.request_timeout = 200ms;
    options.max_connections = 1;
    RunningServer server{options};
    auto deaf = server.client();
    deaf.send(RawClient::get("/large"));
    server.wait_for_handled(1);
    // Others are turned away until the server gives the connection up.
    for (;;) {
        const auto reply = server.client().ask(RawClient::get("/next"));
        ASSERT_TRUE(reply);
        if (reply->status == 200) {
            break;
        }
        ASSERT_EQ(reply->status, 503U);
    }
    EXPECT_LT(deaf.read_to_end().size(), 32U * 1024 * 1024);
}

TEST(Server, TurnsAwayOneConnectionTooMany) {
    auto options = RunningServer::small();
    options.max_connections = 2;
    RunningServer server{options};
    auto first = server.client();
    auto second = server.client();
    first.send(RawClient::get("/slow"));
    second.send(RawClient::get("/slow"));
    server.wait_for_handled(2);
    for (int i = 0; i < 10; ++i) {
        auto third = server.client();
        const auto reply = third.ask(RawClient::post("/", std::string(100'000, 'x')));
        EXPECT_EQ(expect_problem(reply, 503), "too many open connections; try again later");
        EXPECT_EQ(reply->header("Retry-After"), "1");
        EXPECT_TRUE(third.closed());
    }
    server.release();
    EXPECT_EQ(echo_of(first.read())["path"], "/slow");
    EXPECT_EQ(echo_of(second.read())["path"], "/slow");
    EXPECT_EQ(server.handled, 2U);
}

TEST(Server, MakesRoomByClosingTheConnectionThatIsIdleLongest) {
    auto options = RunningServer::small();
    options.max_connections = 3;
    RunningServer server{options};
    std::vector<RawClient> clients;
    for (const std::string path : {"/1", "/2", "/slow"}) {
        clients.push_back(server.client());
        clients.back().send(RawClient::get(path));
        if (path != "/slow") {
            EXPECT_EQ(echo_of(clients.back().read())["path"], path);
        }
    }
    server.wait_for_handled(3);
    EXPECT_EQ(echo_of(clients[0].ask(RawClient::get("/1b")))["path"],
              "/1b"); // now the second has been idle longest
    auto more = server.client();
    EXPECT_EQ(echo_of(more.ask(RawClient::get("/4")))["path"], "/4");
    EXPECT_TRUE(clients[1].closed());
    EXPECT_EQ(echo_of(clients[0].ask(RawClient::get("/1c")))["path"], "/1c");
    server.release();
    EXPECT_EQ(echo_of(clients[2].read())["path"], "/slow");
}

TEST(Server, TellsItsOwnerOfEachRefusal) {
    RunningServer server;
    std::vector<std::string> told; // on the loop
    server.on_loop([&](common::http_server::Server& http) {
        http.on_refused([&](const common::http_server::RefusedRequest& refused) {
            told.push_back(refused.method + " " + refused.path + " " +
                           std::to_string(refused.reply.status) + " " + refused.from +
                           (refused.handled ? " handled" : ""));
        });
    });
    auto client = server.client();
    EXPECT_EQ(echo_of(client.ask(RawClient::get("/good")))["path"], "/good");
    expect_problem(client.ask(RawClient::get("/forbidden")), 403);
    expect_problem(client.ask(RawClient::get("/throw")), 500);
    expect_problem(server.client().ask(RawClient::post("/a", std::string(70'000, 'x'))), 413);
    expect_problem(server.client().ask("nonsense\r\n\r\n"), 400);
    EXPECT_EQ(server.on_loop([&] { return told; }),
              (std::vector<std::string>{"GET /forbidden 403 127.0.0.1",
                                        "GET /throw 500 127.0.0.1 handled", "POST /a 413 127.0.0.1",
                                        "  400 127.0.0.1"}));
}

} // namespace

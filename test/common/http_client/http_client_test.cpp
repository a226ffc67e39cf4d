#include "test/common/http_client/client_fixture.hpp"

#include <filesystem>

using common::HttpRequest;
using test::Answer;
using test::ClientTest;
using test::ScriptedServer;
using test::Seen;
using namespace std::chrono_literals;

namespace {

Answer ok(const Seen&) {
    return Answer{200, {}, "fine"};
}

/// The same bytes for every request.
ScriptedServer::Script raw(std::string bytes) {
    return [bytes = std::move(bytes)](const Seen&) {
        Answer answer;
        answer.raw = bytes;
        return answer;
    };
}

} // namespace

TEST_F(ClientTest, SendsTheRequestAsGiven) {
    ScriptedServer server{[](const Seen&) { return Answer{201, {{"X-Answer", "yes"}}, "made"}; }};
    make_client({.user_agent = "tester/1", .denied = {}});
    auto request = post(server.url("/a/b?c=d"), "{\"id\":1}");
    request.headers = {{"Content-Type", "application/json"},
                       {"Host", "elsewhere"},
                       {"connection", "close"},
                       {"Content-Length", "3"}};
    const auto reply = send(std::move(request));
    ASSERT_TRUE(reply) << reply.error().message;
    EXPECT_EQ(reply->status, 201U);
    EXPECT_EQ(reply->body, "made");
    EXPECT_EQ(common::find_header(reply->headers, "x-answer"), "yes");

    const auto seen = server.seen().at(0);
    EXPECT_EQ(seen.method, "POST");
    EXPECT_EQ(seen.target, "/a/b?c=d");
    EXPECT_EQ(seen.body, "{\"id\":1}");
    EXPECT_EQ(seen.header("Host"), "127.0.0.1:" + std::to_string(server.port()));
    EXPECT_EQ(seen.header("User-Agent"), "tester/1");
    EXPECT_EQ(seen.header("Content-Type"), "application/json");
    EXPECT_EQ(seen.header("Content-Length"), "8");
    EXPECT_EQ(seen.header("Connection"), "");
}

TEST_F(ClientTest, KeepsAConnectionForTheNextRequest) {
    ScriptedServer server{ok};
    for (int i = 0; i < 3; ++i) {
        SCOPED_TRACE(i);
        EXPECT_EQ(text(server.url()), "200 fine");
        EXPECT_EQ(server.seen().back().connection, 1U);
    }
}

TEST_F(ClientTest, UsesAConnectionOfItsOwnForEachRequestUnderWay) {
    ScriptedServer server{ok};
    make_client();
    std::size_t fine = 0;
    for (int i = 0; i < 40; ++i) {
        common::asio::co_spawn(loop, client->send(get(server.url())),
                               [&](std::exception_ptr, test::Reply reply) {
                                   fine += test::text_of(reply) == "200 fine" ? 1 : 0;
                                   if (fine == 40) {
                                       loop.stop();
                                   }
                               });
    }
    loop.run();
    EXPECT_EQ(fine, 40U);
}

TEST_F(ClientTest, KeepsNoMoreIdleConnectionsThanAllowed) {
    ScriptedServer server{ok};
    make_client({.user_agent = "", .denied = {}, .idle_per_origin = 0});
    for (std::uint64_t i = 1; i <= 2; ++i) {
        SCOPED_TRACE(i);
        EXPECT_EQ(text(server.url()), "200 fine");
        EXPECT_EQ(server.seen().back().connection, i);
    }
}

TEST_F(ClientTest, ClosesAnIdleConnectionAfterAWhile) {
    ScriptedServer server{ok};
    make_client({.user_agent = "", .denied = {}, .idle_per_origin = 8, .idle_timeout = 1ms});
    EXPECT_EQ(text(server.url()), "200 fine");
    loop.restart();
    loop.run(); // returns once the connection is closed
    EXPECT_EQ(text(server.url()), "200 fine");
    EXPECT_EQ(server.seen().back().connection, 2U);
}

TEST_F(ClientTest, WorksAgainAfterTheServerWasAway) {
    ScriptedServer server{ok};
    EXPECT_EQ(text(server.url()), "200 fine");
    server.stop();
    EXPECT_EQ(text(server.url()), "connect: connection refused");
    server.start();
    EXPECT_EQ(text(server.url()), "200 fine");
    EXPECT_EQ(text(server.url()), "200 fine");
    EXPECT_EQ(server.seen().back().connection, 2U);
}

TEST_F(ClientTest, ReplacesAKeptConnectionThatBreaksWithoutAResponse) {
    for (const auto fault : {Answer::Fault::close, Answer::Fault::reset}) {
        SCOPED_TRACE(fault == Answer::Fault::close ? "close" : "reset");
        ScriptedServer server{ok};
        EXPECT_EQ(text(server.url()), "200 fine");
        server.set_script([fault](const Seen& seen) {
            return seen.connection == 1 ? Answer{200, {}, "", fault} : Answer{200, {}, "again"};
        });
        EXPECT_EQ(text(post(server.url(), "x")), "200 again");
        EXPECT_EQ(server.count(), 3U);
    }
}

TEST_F(ClientTest, SendsWhatIsNotRepeatableOverAConnectionOfItsOwn) {
    ScriptedServer server{ok};
    EXPECT_EQ(text(server.url()), "200 fine");
    server.set_script([](const Seen&) { return Answer{200, {}, "", Answer::Fault::close}; });
    auto request = post(server.url(), "x");
    request.repeatable = false;
    EXPECT_EQ(text(std::move(request)), "read: the peer closed the connection");
    EXPECT_EQ(server.count(), 2U);
    EXPECT_EQ(server.seen().back().connection, 2U);
}

TEST_F(ClientTest, RepeatsNothingAfterTheFirstByteOrOnANewConnection) {
    ScriptedServer server{ok};
    EXPECT_EQ(text(server.url()), "200 fine");
    server.set_script(raw("HTTP/1.1 2"));
    EXPECT_EQ(text(server.url()),
              "read: the connection was closed in the middle of the response's head");
    EXPECT_EQ(server.count(), 2U);
    server.set_script([](const Seen&) { return Answer{200, {}, "", Answer::Fault::close}; });
    EXPECT_EQ(text(server.url()), "read: the peer closed the connection");
    EXPECT_EQ(server.count(), 3U);
}

TEST_F(ClientTest, ReadsResponsesOfEveryKind) {
    struct Case {
        std::string name, method, bytes, text;
    };
    const std::vector<Case> cases{
        {"chunked", "GET",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: "
         "1\r\n\r\n",
         "200 abcde"},
        {"interim", "POST",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 200 "
         "OK\r\nContent-Length: 2\r\n\r\nok",
         "200 ok"},
        {"1.0 up to the end", "GET", "HTTP/1.0 200 OK\r\n\r\nold", "200 old"},
        {"1.1 up to the end", "GET", "HTTP/1.1 200 OK\r\n\r\nall", "200 all"},
        {"no reason", "GET", "HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx", "200 x"},
        {"204", "POST", "HTTP/1.1 204 No Content\r\n\r\n", "204 "},
        {"304 with a length", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n",
         "304 "},
        {"HEAD", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", "200 "},
        {"redirect", "GET",
         "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
         "302 "},
        {"server error", "GET",
         "HTTP/1.1 503 Busy\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy", "503 busy"},
    };
    for (const auto& one : cases) {
        ScriptedServer server{raw(one.bytes)};
        for (const bool wanted : {true, false}) {
            SCOPED_TRACE(one.name + (wanted ? ", wanted" : ", unwanted"));
            auto request = get(server.url());
            request.method = one.method;
            request.body_wanted = wanted;
            EXPECT_EQ(text(std::move(request)), wanted ? one.text : one.text.substr(0, 4));
        }
    }
}

TEST_F(ClientTest, RefusesMalformedResponses) {
    struct Case {
        std::string name, bytes, says;
    };
    const std::vector<Case> cases{
        {"garbage", "garbage\r\n\r\n", "read: malformed response (bad version)"},
        {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n\r\n",
         "read: malformed response (bad version)"},
        {"letters for a status", "HTTP/1.1 abc\r\n\r\n", "read: malformed response (bad status)"},
        {"no status", "HTTP/1.1\r\n\r\n", "read: malformed response (bad version)"},
        {"status below 100", "HTTP/1.1 099 Odd\r\n\r\n", "read: malformed response (bad status)"},
        {"a header without colon", "HTTP/1.1 200 OK\r\nnothing\r\n\r\n",
         "read: malformed response (bad field)"},
        {"a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
         "read: malformed response (bad Content-Length)"},
        {"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
         "read: malformed response (multiple Content-Length)"},
        {"an upgrade", "HTTP/1.1 101 Switching\r\n\r\n",
         "read: malformed response (101 without an upgrade request)"},
        {"half a head", "HTTP/1.1 200 OK\r\nContent-",
         "read: the connection was closed in the middle of the response's head"},
        {"a head without end", "HTTP/1.1 200 OK\r\nX: " + std::string(70'000, 'x') + "\r\n\r\n",
         "read: the head of the response is longer than 64 KiB"},
        {"many headers",
         "HTTP/1.1 200 OK\r\n" +
             [] {
                 std::string lines;
                 for (int i = 0; i < 10'000; ++i) {
                     lines += "X: yyyyy\r\n";
                 }
                 return lines;
             }() +
             "\r\n",
         "read: the head of the response is longer than 64 KiB"},
    };
    for (const auto& one : cases) {
        ScriptedServer server{raw(one.bytes)};
        auto request = get(server.url());
        request.body_wanted = false;
        const auto reply = send(std::move(request));
        EXPECT_EQ(test::text_of(reply), one.says) << one.name;
        EXPECT_TRUE(reply || reply.error().fault == common::Fault::unreachable) << one.name;
    }
}

TEST_F(ClientTest, AWantedBodyIsCompleteOrAnError) {
    struct Case {
        std::string name, bytes, says;
    };
    const std::string head = "HTTP/1.1 200 OK\r\n";
    const std::vector<Case> cases{
        {"just as long as allowed", head + "Content-Length: 10\r\n\r\n0123456789",
         "200 0123456789"},
        {"announced too long", head + "Content-Length: 11\r\n\r\n0123456789x",
         "read: the body of the response is longer than 10 bytes"},
        {"chunks too long",
         head + "Transfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n6\r\n012345\r\n0\r\n\r\n",
         "read: the body of the response is longer than 10 bytes"},
        {"too long without a length", head + "\r\n0123456789x",
         "read: the body of the response is longer than 10 bytes"},
        {"cut", head + "Content-Length: 9\r\n\r\n0123",
         "read: the connection was closed after 4 bytes of the body"},
        {"cut chunks", head + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
         "read: the connection was closed after 3 bytes of the body"},
        {"bad chunks", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n",
         "read: malformed body after 0 bytes (bad chunk)"},
    };
    for (const auto& one : cases) {
        ScriptedServer server{raw(one.bytes)};
        auto request = get(server.url());
        request.body_limit = 10;
        EXPECT_EQ(text(request), one.says) << one.name;
        request.body_wanted = false;
        EXPECT_EQ(text(request), "200 ") << one.name;
    }
}

TEST_F(ClientTest, DiscardsAnUnwantedBodyAndKeepsTheConnection) {
    ScriptedServer server{[](const Seen&) { return Answer{200, {}, std::string(64 * 1024, 'x')}; }};
    auto request = post(server.url(), "x");
    request.body_wanted = false;
    EXPECT_EQ(text(request), "200 ");
    EXPECT_EQ(text(request), "200 ");
    EXPECT_EQ(server.seen().back().connection, 1U);
}

TEST_F(ClientTest, ClosesAConnectionWhoseUnwantedBodyIsTooLongOrSlow) {
    const std::string slow = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab";
    const auto hang = [slow](const Seen&) {
        return Answer{200, {}, "", Answer::Fault::hang, slow};
    };
    const auto too_long = [](const Seen&) {
        return Answer{200, {}, std::string(64 * 1024 + 1, 'x')};
    };
    const auto cut = [](const Seen&) { return Answer{200, {}, "0123456789", Answer::Fault::cut}; };
    const std::map<std::string, ScriptedServer::Script> scripts{
        {"slow", hang}, {"too long", too_long}, {"cut", cut}};
    for (const auto& [name, script] : scripts) {
        SCOPED_TRACE(name);
        ScriptedServer server{script};
        auto request = post(server.url(), "x");
        request.body_wanted = false;
        request.timeout = 500ms;
        EXPECT_EQ(text(request), "200 ");
        EXPECT_EQ(text(request), "200 ");
        EXPECT_EQ(server.seen().back().connection, 2U);
    }
}

TEST_F(ClientTest, DoesNotKeepAConnectionThatThePeerWillClose) {
    const auto closing = [](const Seen&) { return Answer{200, {{"Connection", "close"}}, "bye"}; };
    const auto old = raw("HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nbye");
    const std::map<std::string, ScriptedServer::Script> scripts{{"Connection: close", closing},
                                                                {"HTTP/1.0", old}};
    for (const auto& [name, script] : scripts) {
        SCOPED_TRACE(name);
        ScriptedServer server{script};
        EXPECT_EQ(text(server.url()), "200 bye");
        EXPECT_EQ(text(server.url()), "200 bye");
        EXPECT_EQ(server.seen().back().connection, 2U);
    }
}

TEST_F(ClientTest, ReadsAResponseThatArrivesByteByByte) {
    ScriptedServer server{[](const Seen&) {
        return Answer{0, {}, "", Answer::Fault::trickle, "HTTP/1.1 204 \r\n\r\n"};
    }};
    EXPECT_EQ(text(server.url()), "204 ");
}

TEST_F(ClientTest, RefusesToSendAnInvalidHeader) {
    ScriptedServer server{ok};
    auto request = get(server.url());
    request.headers = {{"X-Fine", "yes"}, {"X-Token", "secret\r\nX-Evil: 1"}};
    const auto reply = send(request);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().fault, common::Fault::input);
    EXPECT_EQ(reply.error().message,
              "request: the value of header X-Token contains control characters");
    request.headers = {{"X Evil", "1"}};
    EXPECT_EQ(text(request),
              "request: the name of a header is not a token (RFC 9110, section 5.1)");
    EXPECT_EQ(server.count(), 0U);
}

TEST_F(ClientTest, TalksToAUnixSocket) {
    const auto path = (std::filesystem::temp_directory_path() /
                       ("ffl-client-" + std::to_string(::getpid()) + ".sock"))
                          .string();
    auto request = get("http://agent/v1/status");
    request.unix_socket = path;
    EXPECT_EQ(text(request), "connect: no such file or directory");
    ScriptedServer server{
        ok, 0, {.cert_file = "", .key_file = "", .client_ca_file = "", .unix_socket = path}};
    EXPECT_EQ(text(request), "200 fine");
    EXPECT_EQ(text(request), "200 fine");
    EXPECT_EQ(server.seen().back().connection, 1U);
    EXPECT_EQ(server.seen().back().target, "/v1/status");
    EXPECT_EQ(server.seen().back().header("Host"), "agent");
    request.unix_socket = std::string(200, 'x');
    EXPECT_EQ(text(request), "connect: the path of the socket is too long");
}

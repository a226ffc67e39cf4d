#include "test/common/http_client/client_fixture.hpp"

#include <filesystem>
#include <set>

using test::Answer;
using test::ClientTest;
using test::ok;
using test::ScriptedServer;
using test::Seen;
using namespace std::chrono_literals;

namespace {

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
         "read: size of a chunk of the body = \"zz\": expected a hexadecimal number"},
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
        std::set<std::uint64_t> connections;
        for (int i = 0; i < 2; ++i) {
            // The slow one is read until its limit, within which a busy machine must see the head.
            request.timeout = name == "slow" ? shortest_limit : longest_limit;
            auto says = text(request);
            while (says != "200 " && request.timeout < longest_limit) {
                request.timeout *= 2;
                says = text(request);
            }
            EXPECT_EQ(says, "200 ");
            connections.insert(server.seen().back().connection);
        }
        EXPECT_EQ(connections.size(), 2U);
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

TEST_F(ClientTest, TakesAnAttemptForDoneOnceItsStatusIsKnown) {
    const std::string head = "HTTP/1.1 200\r\n";
    for (const auto& bytes :
         {head + "\r\n", head + "nothing\r\n\r\nok", head, head + "Content-",
          head + "Content-Length: -1\r\n\r\n", head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
        ScriptedServer server{raw(bytes)};
        auto request = post(server.url(), "x");
        request.body_wanted = false;
        EXPECT_EQ(text(request), "200 ") << bytes;
        EXPECT_EQ(text(request), "200 ") << bytes;
        EXPECT_EQ(server.seen().back().connection, 2U);
    }
}

TEST_F(ClientTest, SaysWhatIsWrongWithAnAnswer) {
    const std::map<std::string, std::string> answers{
        {"SSH-2.0-OpenSSH_9.2\r\n",
         "read: the answer is not HTTP, it begins with \"SSH-2.0-OpenSSH_9.2\""},
        {"HTTP/1.1 20\x1b OK\r\n\r\n",
         "read: status line = \"HTTP/1.1 20\\x1b OK\": expected HTTP/1.1 and a status of three "
         "digits from 100 to 999"},
        {"HTTP/1.1 101 Switching\r\n\r\n",
         "read: the response is 101, but no upgrade was asked for"}};
    for (const auto& [bytes, says] : answers) {
        ScriptedServer server{raw(bytes)};
        const auto reply = send(get(server.url()));
        EXPECT_EQ(test::text_of(reply), says);
        EXPECT_TRUE(reply || reply.error().fault == common::Fault::unreachable);
    }
    ScriptedServer slow{[](const Seen&) {
        return Answer{200, {}, "", Answer::Fault::hang, "HTTP/1.1 200 OK\r\nX: "};
    }};
    expect_time_out(get(slow.url()), "reading the response's head after \"HTTP/1.1 200 OK\"");
}

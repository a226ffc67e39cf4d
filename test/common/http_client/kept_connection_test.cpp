// Connections kept from one request to the next: never more requests than attempts, and no attempt
// lost to a peer that closes what is idle.
#include "common/http_client/exchange.hpp"
#include "common/http_client/pool.hpp"
#include "test/common/http_client/client_fixture.hpp"
#include "test/support/certificates.hpp"
#include "test/support/scripted_wire.hpp"

#include <netinet/tcp.h>
#include <thread>

using common::ClientConnection;
using common::ExchangeResult;
using common::KeptConnection;
using test::Answer;
using test::ClientTest;
using test::ok;
using test::ScriptedServer;
using test::Seen;
using test::SilentPeer;
using namespace std::chrono_literals;
using Broke = ExchangeResult::Broke;

namespace {

struct KeptConnectionTest : ClientTest {
    /// What becomes of the second request on a connection of one client and one peer. `idle` is
    /// done to the peer's socket before the request is sent, `served` after its bytes are there.
    ExchangeResult second_exchange(const std::function<void(int)>& idle,
                                   const std::function<void(int)>& served) {
        const SilentPeer peer;
        auto request = post(peer.url(), "x");
        request.timeout = 5s;
        const std::string head = "POST / HTTP/1.1\r\nContent-Length: 1\r\n\r\n";
        ClientConnection connection{loop.get_executor()};
        connection.set_deadline(std::chrono::steady_clock::now() + 5s);
        const auto address = *common::parse_address("127.0.0.1");
        EXPECT_FALSE(test::run(loop, connection.connect(address, request.url.port)));
        const int fd = ::accept(peer.listener(), nullptr, nullptr);
        char byte = 0;
        std::thread first{[&] {
            ::recv(fd, &byte, 1, MSG_PEEK);
            const std::string_view answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
            ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
            std::string sink(head.size() + 1, ' ');
            ::recv(fd, sink.data(), sink.size(), MSG_WAITALL);
        }};
        EXPECT_TRUE(test::run(loop, common::exchange(connection, request, head)).reply);
        first.join();
        idle(fd);
        std::thread second{[&] {
            if (served) {
                ::recv(fd, &byte, 1, MSG_PEEK);
                served(fd);
            }
        }};
        auto result = test::run(loop, common::exchange(connection, request, head));
        second.join();
        return result;
    }
};

void do_nothing(int) {}

void close_it(int fd) {
    ::close(fd);
}

void read_and_close(int fd) {
    std::string sink(1024, ' ');
    ::recv(fd, sink.data(), sink.size(), 0);
    ::close(fd);
}

void reset(int fd) {
    const linger hard{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    ::close(fd);
}

void read_and_reset(int fd) {
    std::string sink(1024, ' ');
    ::recv(fd, sink.data(), sink.size(), 0);
    reset(fd);
}

} // namespace

TEST_F(KeptConnectionTest, IsUnreadOnlyWhereThePeerCannotHaveReadTheRequest) {
    EXPECT_EQ(second_exchange(close_it, {}).broke, Broke::unread);
    EXPECT_EQ(second_exchange(reset, {}).broke, Broke::unread); // the write fails
    EXPECT_EQ(second_exchange(do_nothing, read_and_close).broke, Broke::silent);
    EXPECT_EQ(second_exchange(do_nothing, read_and_reset).broke, Broke::silent);
    // Closed with the request unread in its system's buffer: that looks like the one before.
    EXPECT_EQ(second_exchange(do_nothing, close_it).broke, Broke::silent);
    // Half closed, so that it could still read what comes, and its system acknowledges it.
    const auto half = second_exchange([](int fd) { ::shutdown(fd, SHUT_WR); }, close_it);
    EXPECT_NE(half.broke, Broke::no);
}

TEST_F(KeptConnectionTest, IsUsedForTheNextRequest) {
    ScriptedServer server{ok};
    for (int i = 0; i < 3; ++i) {
        SCOPED_TRACE(i);
        EXPECT_EQ(text(server.url()), "200 fine");
        EXPECT_EQ(server.seen().back().connection, 1U);
    }
}

TEST_F(KeptConnectionTest, IsOneOfNoMoreThanAllowed) {
    ScriptedServer server{ok};
    make_client({.user_agent = "", .denied = {}, .idle_per_origin = 0});
    for (std::uint64_t i = 1; i <= 2; ++i) {
        SCOPED_TRACE(i);
        EXPECT_EQ(text(server.url()), "200 fine");
        EXPECT_EQ(server.seen().back().connection, i);
    }
}

TEST_F(KeptConnectionTest, IsClosedAfterAWhile) {
    ScriptedServer server{ok};
    make_client({.user_agent = "", .denied = {}, .idle_per_origin = 8, .idle_timeout = 1ms});
    EXPECT_EQ(text(server.url()), "200 fine");
    loop.restart();
    loop.run(); // returns once the connection is closed
    EXPECT_EQ(text(server.url()), "200 fine");
    EXPECT_EQ(server.seen().back().connection, 2U);
}

TEST_F(KeptConnectionTest, IsNoneWhereThePeerWillClose) {
    const auto answer = [](common::Headers headers) {
        return [headers = std::move(headers)](const Seen&) { return Answer{200, headers, "bye"}; };
    };
    const auto old = [](const Seen&) {
        return Answer{
            200, {}, "", Answer::Fault::hang, "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nbye"};
    };
    const std::map<std::string, ScriptedServer::Script> scripts{
        {"Connection: close", answer({{"Connection", "close"}})},
        {"timeout=0", answer({{"Keep-Alive", "timeout=0"}})},
        {"HTTP/1.0", old}};
    for (const auto& [name, script] : scripts) {
        SCOPED_TRACE(name);
        ScriptedServer server{script};
        EXPECT_EQ(text(server.url()), "200 bye");
        EXPECT_EQ(text(server.url()), "200 bye");
        EXPECT_EQ(server.seen().back().connection, 2U);
    }
}

TEST_F(KeptConnectionTest, IsTrustedForHalfOfThePeersTimeOut) {
    const auto span = [](const common::Headers& headers) { return common::idle_span(headers); };
    EXPECT_EQ(span({}), 500ms);
    EXPECT_EQ(span({{"Keep-Alive", "timeout=5"}}), 2500ms);
    EXPECT_EQ(span({{"keep-alive", "max=100, Timeout=1"}}), 500ms);
    EXPECT_EQ(span({{"Keep-Alive", "timeout=5"}, {"Keep-Alive", "timeout=3, max=2"}}), 1500ms);
    EXPECT_EQ(span({{"Keep-Alive", "timeout=0"}}), 0ms);
    EXPECT_EQ(span({{"Keep-Alive", "max=100"}}), 500ms);
    EXPECT_EQ(span({{"Keep-Alive", "timeout=soon"}}), 500ms);
    EXPECT_EQ(span({{"Keep-Alive", "timeout=99999999999999999999"}}), 30min);

    const SilentPeer peer;
    const auto pool =
        std::make_shared<common::ConnectionPool>(loop.get_executor(), 8, common::Millis{60'000});
    const auto now = std::chrono::steady_clock::now();
    const auto keep = [&](const common::Headers& reply) {
        auto connection = std::make_shared<ClientConnection>(loop.get_executor());
        const auto address = *common::parse_address("127.0.0.1");
        EXPECT_FALSE(test::run(loop, connection->connect(address, get(peer.url()).url.port)));
        pool->put_back("peer", std::move(connection), pool->generation(), reply, false, now);
    };
    keep({{"Keep-Alive", "timeout=5"}});
    EXPECT_TRUE(pool->acquire("peer", now + 2499ms));
    keep({{"Keep-Alive", "timeout=5"}});
    EXPECT_FALSE(pool->acquire("peer", now + 2500ms));
    keep({{"Keep-Alive", "timeout=3600"}});
    EXPECT_FALSE(pool->acquire("peer", now + 60s)); // no longer than this side wants
    pool->clear(0, 0ms);
}

TEST_F(KeptConnectionTest, NeverBringsARequestTwiceThatThePeerMayHaveRead) {
    for (const auto fault : {Answer::Fault::close, Answer::Fault::reset}) {
        SCOPED_TRACE(fault == Answer::Fault::close ? "close" : "reset");
        ScriptedServer server{ok};
        EXPECT_EQ(text(server.url()), "200 fine");
        server.set_script([fault](const Seen& seen) {
            return seen.connection == 1 ? Answer{200, {}, "", fault} : Answer{200, {}, "again"};
        });
        const auto reply = send(post(server.url(), "x"));
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().fault, common::Fault::unreachable);
        EXPECT_NE(reply.error().message.find("(on a connection kept from an earlier request)"),
                  std::string::npos)
            << reply.error().message;
        EXPECT_EQ(server.count(), 2U);
        EXPECT_EQ(text(post(server.url(), "x")), "200 again");
        EXPECT_EQ(server.count(), 3U);
    }
}

TEST_F(KeptConnectionTest, IsReplacedForARequestThatMayArriveTwice) {
    ScriptedServer server{ok};
    EXPECT_EQ(text(server.url()), "200 fine");
    server.set_script([](const Seen& seen) {
        return seen.connection == 1 ? Answer{200, {}, "", Answer::Fault::reset}
                                    : Answer{200, {}, "again"};
    });
    auto request = get(server.url());
    request.kept = KeptConnection::repeat;
    EXPECT_EQ(text(request), "200 again");
    EXPECT_EQ(server.count(), 3U);
    server.set_script([](const Seen&) { return Answer{200, {}, "", Answer::Fault::close}; });
    EXPECT_NE(text(request), "200 again"); // and no third time, on the new connection
    EXPECT_EQ(server.count(), 5U);
}

TEST_F(KeptConnectionTest, IsNotUsedWhereNoneIsWanted) {
    ScriptedServer server{ok};
    EXPECT_EQ(text(server.url()), "200 fine");
    server.set_script([](const Seen&) { return Answer{200, {}, "", Answer::Fault::close}; });
    auto request = post(server.url(), "x");
    request.kept = KeptConnection::none;
    EXPECT_EQ(text(std::move(request)), "read: the peer closed the connection");
    EXPECT_EQ(server.count(), 2U);
    EXPECT_EQ(server.seen().back().connection, 2U);
}

TEST_F(KeptConnectionTest, RepeatsNothingAfterTheFirstByteOfAnAnswer) {
    ScriptedServer server{ok};
    auto request = get(server.url());
    request.kept = KeptConnection::repeat;
    EXPECT_EQ(text(request), "200 fine");
    server.set_script([](const Seen&) {
        Answer answer;
        answer.raw = "HTTP/1.1 2";
        return answer;
    });
    EXPECT_EQ(text(request), "read: the connection was closed in the middle of the status line "
                             "\"HTTP/1.1 2\"");
    EXPECT_EQ(server.count(), 2U);
}

TEST_F(KeptConnectionTest, IsNotUsedAfterTheEndOfItsTlsWasAnnounced) {
    test::Certificates certificates;
    const auto files = certificates.server();
    const auto context = test::server_context(test::server_files(files));
    const SilentPeer peer;
    std::promise<void> over;
    std::thread serve{[&] {
        std::vector<int> open;
        for (int i = 0; i < 2; ++i) {
            const int fd = ::accept(peer.listener(), nullptr, nullptr);
            open.push_back(fd);
            test::Wire wire{fd, context.get()};
            std::string buffer;
            Seen seen;
            if (!wire.handshake() || !read_request(wire, buffer, seen)) {
                break;
            }
            const int cork = 1; // the answer and the announcement go in one segment
            const int send = 0;
            ::setsockopt(fd, IPPROTO_TCP, TCP_CORK, &cork, sizeof cork);
            wire.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            wire.end_tls();
            ::setsockopt(fd, IPPROTO_TCP, TCP_CORK, &send, sizeof send);
        }
        over.get_future().wait(); // the sockets stay open
        for (const int fd : open) {
            ::close(fd);
        }
    }};
    auto request = get(peer.url("https"));
    request.tls.ca_file = certificates.ca_file();
    request.timeout = 5s;
    EXPECT_EQ(text(request), "200 ok");
    EXPECT_EQ(text(request), "200 ok");
    over.set_value();
    serve.join();
}

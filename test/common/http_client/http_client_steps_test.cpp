#include "test/common/http_client/client_fixture.hpp"
#include "test/support/certificates.hpp"

#include <boost/system/system_error.hpp>
#include <thread>

using common::HttpRequest;
using test::address;
using test::Answer;
using test::ClientTest;
using test::ScriptedServer;
using test::Seen;
using test::SilentPeer;
using namespace std::chrono_literals;

namespace {

/// A request that gets stuck, and at which step.
struct Stuck {
    const char* doing;
    HttpRequest (*request)(const SilentPeer& silent, const SilentPeer& full,
                           const ScriptedServer& half);
};

void PrintTo(const Stuck& stuck, std::ostream* out) {
    *out << stuck.doing;
}

HttpRequest to(const std::string& url, std::string body = {}) {
    HttpRequest request;
    request.url = *common::parse_url(url);
    request.method = body.empty() ? "GET" : "POST";
    request.body = std::move(body);
    return request;
}

const Stuck stuck_requests[] = {
    {"resolving", [](const SilentPeer&, const SilentPeer&,
                     const ScriptedServer&) { return to("http://hang.test/"); }},
    {"connecting", [](const SilentPeer&, const SilentPeer& full,
                      const ScriptedServer&) { return to(full.url()); }},
    {"in the TLS handshake", [](const SilentPeer& silent, const SilentPeer&,
                                const ScriptedServer&) { return to(silent.url("https")); }},
    {"sending the request",
     [](const SilentPeer& silent, const SilentPeer&, const ScriptedServer&) {
         return to(silent.url(), std::string(32U << 20U, 'x'));
     }},
    {"waiting for the response", [](const SilentPeer& silent, const SilentPeer&,
                                    const ScriptedServer&) { return to(silent.url()); }},
    {"reading the body of the response", [](const SilentPeer&, const SilentPeer&,
                                            const ScriptedServer& half) { return to(half.url()); }},
};

class StuckClientTest : public ClientTest, public testing::WithParamInterface<Stuck> {
  protected:
    HttpRequest stuck_request() const { return GetParam().request(silent, full, half); }

    /// Runs the loop until the request is stuck: nothing is ready, and the server with half a
    /// response has sent it.
    void run_until_stuck() {
        if (std::string_view{GetParam().doing}.starts_with("reading")) {
            while (half.count() == 0) {
                loop.poll();
            }
        }
        for (auto quiet = 0; quiet < 3; ++quiet) {
            loop.restart();
            if (loop.poll() != 0) {
                quiet = 0;
            }
        }
    }

    test::Certificates certificates;
    SilentPeer silent;
    SilentPeer full{true};
    ScriptedServer half{[](const Seen&) {
        return Answer{
            200, {}, "", Answer::Fault::hang, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"};
    }};
};

} // namespace

TEST_P(StuckClientTest, TimesOutAndSaysWhere) {
    auto request = stuck_request();
    if (GetParam().doing == std::string_view{"resolving"}) { // nothing is known about the peer
        request.timeout = shortest_limit;
        const auto reply = send(std::move(request));
        ASSERT_FALSE(reply);
        EXPECT_EQ(reply.error().fault, common::Fault::own);
        EXPECT_EQ(reply.error().message, "resolve: the name server of this device gives no answer");
        return;
    }
    // Without the system's authorities, whose hundred certificates are slow to read.
    request.tls.ca_file = certificates.ca_file();
    const auto reply = expect_time_out(std::move(request), GetParam().doing);
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().fault, common::Fault::unreachable);
}

TEST_P(StuckClientTest, EndsWhenCancelled) {
    make_client();
    common::asio::cancellation_signal stop;
    std::exception_ptr why;
    bool over = false;
    auto done = [&](std::exception_ptr broke, test::Reply) {
        why = broke;
        over = true;
    };
    common::asio::co_spawn(loop, client->send(stuck_request()),
                           common::asio::bind_cancellation_slot(stop.slot(), std::move(done)));
    run_until_stuck();
    ASSERT_FALSE(over);
    stop.emit(common::asio::cancellation_type::terminal);
    client.reset();
    loop.restart();
    loop.run(); // returns, so nothing is left on the loop
    ASSERT_TRUE(over);
    ASSERT_TRUE(why);
    try {
        std::rethrow_exception(why);
    } catch (const boost::system::system_error& error) {
        EXPECT_EQ(error.code(), common::asio::error::operation_aborted);
    }
}

TEST_P(StuckClientTest, MayBeDestroyedWithItsLoop) {
    const auto token = std::make_shared<int>(1);
    {
        common::asio::io_context short_lived;
        common::PooledClient left{short_lived.get_executor(),
                                  {.user_agent = "", .denied = {}, .lookup = names.lookup()}};
        common::asio::co_spawn(short_lived, left.send(stuck_request()),
                               [token](std::exception_ptr, test::Reply) {});
        short_lived.poll();
        EXPECT_GT(token.use_count(), 1);
    }
    EXPECT_EQ(token.use_count(), 1);
}

INSTANTIATE_TEST_SUITE_P(Steps, StuckClientTest, testing::ValuesIn(stuck_requests));

TEST_F(ClientTest, ANameThatHangsDelaysNoOtherRequest) {
    ScriptedServer server{[](const Seen&) { return Answer{200, {}, "fine"}; }};
    make_client({.user_agent = "",
                 .denied = {},
                 .lookup = names.lookup({{"known.test", {address("127.0.0.1")}}})});
    bool over = false;
    common::asio::co_spawn(loop, client->send(get("http://hang.test/")),
                           [&](std::exception_ptr, test::Reply) { over = true; });
    const auto port = std::to_string(server.port());
    EXPECT_EQ(text("http://127.0.0.1:" + port + "/"), "200 fine");
    EXPECT_EQ(text("http://known.test:" + port + "/"), "200 fine");
    EXPECT_EQ(text("http://unknown.test/"), "resolve: no such host name");
    EXPECT_FALSE(over);
    client.reset();
}

TEST_F(ClientTest, NeverConnectsToADeniedNetwork) {
    ScriptedServer server{[](const Seen&) { return Answer{200, {}, "fine"}; }};
    const auto lookup = names.lookup({{"one.test", {address("127.0.0.1")}},
                                      {"mapped.test", {address("::ffff:127.0.0.1")}},
                                      {"both.test", {address("127.0.0.2"), address("127.0.0.1")}}});
    make_client(
        {.user_agent = "", .denied = {*common::IpRange::parse("127.0.0.0/8")}, .lookup = lookup});
    const auto port = std::to_string(server.port());
    for (const auto* host :
         {"127.0.0.1", "[::ffff:127.0.0.1]", "one.test", "mapped.test", "both.test"}) {
        auto request = get(std::string{"http://"} + host + ":" + port + "/");
        // A guarded request must not reuse the connection of one that is not.
        SCOPED_TRACE(host);
        EXPECT_EQ(text(request), "200 fine");
        request.guarded = true;
        const auto reply = send(request);
        EXPECT_EQ(test::text_of(reply), "target address denied");
        EXPECT_TRUE(reply || reply.error().fault == common::Fault::unreachable);
    }
    for (const auto* host : {"[64:ff9b::7f00:1]", "[2002:7f00:1::1]", "[::127.0.0.1]"}) {
        auto request = get(std::string{"http://"} + host + ":" + port + "/");
        request.guarded = true;
        EXPECT_EQ(text(request), "target address denied") << host;
    }
    client->set_options(
        {.user_agent = "", .denied = {*common::IpRange::parse("127.0.0.2")}, .lookup = lookup});
    auto request = get("http://both.test:" + port + "/");
    request.guarded = true;
    EXPECT_EQ(text(request), "200 fine");
    client->set_options(
        {.user_agent = "", .denied = {*common::IpRange::parse("127.0.0.1/32")}, .lookup = lookup});
    request = get("http://one.test:" + port + "/");
    request.guarded = true;
    EXPECT_EQ(text(request), "target address denied");
}

TEST_F(ClientTest, AsksForEachResolvedAddressWhetherItIsForbidden) {
    ScriptedServer server{[](const Seen&) { return Answer{200, {}, "fine"}; }};
    const SilentPeer other{false, "127.0.0.2"};
    const auto lookup = names.lookup({{"one.test", {address("127.0.0.1")}},
                                      {"both.test", {address("127.0.0.3"), address("127.0.0.1")}}});
    const auto veto = [port = server.port()](const common::AddressBytes& there, std::uint16_t at) {
        return there == address("127.0.0.1") && at == port ? std::optional<std::string>{"itself"}
                                                           : std::nullopt;
    };
    make_client({.user_agent = "", .denied = {}, .lookup = lookup, .veto = veto});
    const auto port = std::to_string(server.port());
    for (const auto* host : {"127.0.0.1", "[::ffff:127.0.0.1]", "one.test"}) {
        SCOPED_TRACE(host);
        auto request = get(std::string{"http://"} + host + ":" + port + "/");
        EXPECT_EQ(text(request), "200 fine") << "not guarded";
        request.guarded = true;
        const auto reply = send(request);
        EXPECT_EQ(test::text_of(reply), "itself");
        EXPECT_TRUE(reply || reply.error().fault == common::Fault::unreachable);
    }
    auto request = get("http://both.test:" + port + "/");
    request.guarded = true;
    EXPECT_EQ(text(request), "connect: connection refused (127.0.0.3); another address of the "
                             "name: itself");
    request = get(other.url());
    request.timeout = 100ms;
    request.guarded = true;
    EXPECT_NE(text(request), "itself") << "another port";
    client->set_options({.user_agent = "", .denied = {}, .lookup = lookup});
    request = get("http://one.test:" + port + "/");
    request.guarded = true;
    EXPECT_EQ(text(request), "200 fine");
}

TEST_F(ClientTest, NewOptionsCloseIdleConnections) {
    ScriptedServer server{[](const Seen&) { return Answer{200, {}, "fine"}; }};
    make_client({.user_agent = "one", .denied = {}});
    EXPECT_EQ(text(server.url()), "200 fine");
    client->set_options({.user_agent = "two", .denied = {}});
    EXPECT_EQ(text(server.url()), "200 fine");
    EXPECT_EQ(server.seen().back().connection, 2U);
    EXPECT_EQ(server.seen().back().header("User-Agent"), "two");
}

TEST_F(ClientTest, ReadsAResponseSentBeforeTheRequestWasRead) {
    const SilentPeer peer;
    std::thread early{[&peer] {
        const int fd = ::accept(peer.listener(), nullptr, nullptr);
        const std::string_view answer =
            "HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
        ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
        ::shutdown(fd, SHUT_WR);
        std::string sink(1U << 20U, ' ');
        ::recv(fd, sink.data(), sink.size(), 0);
        ::close(fd); // with most of the request unread, so that the client's write fails
    }};
    EXPECT_EQ(text(post(peer.url(), std::string(32U << 20U, 'x'))), "413 ");
    early.join();
}

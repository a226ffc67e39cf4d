#include "test/common/http_server/running_server.hpp"
#include "test/support/certificates.hpp"

namespace {

using common::http_server::Server;
using test::echo_of;
using test::expect_problem;
using test::RawClient;
using test::RunningServer;
using namespace std::chrono_literals;

constexpr std::size_t kib = 1024;
const std::string half_a_head = "GET /half HTTP/1.1\r\nHost: localhost\r\n";
const std::string large(60 * kib, 'x');

std::string half_a_body(std::string_view path = "/") {
    auto request = RawClient::post(path, large);
    request.resize(request.size() - 10 * kib);
    return request;
}

RunningServer::Options crowded(std::size_t connections) {
    auto options = RunningServer::small();
    options.max_connections = connections;
    options.patience = 0ms;
    return options;
}

RunningServer::Options patient() {
    auto options = RunningServer::small();
    options.patience = 1h;
    return options;
}

/// Asks on new connections until one is served; the others must be told why not.
void expect_served(const std::function<RawClient()>& connect, const std::string& request) {
    for (;;) {
        auto client = connect();
        const auto reply = client.ask(request);
        ASSERT_TRUE(reply) << "closed without a word";
        if (reply->status == 200) {
            break;
        }
        expect_problem(reply, 503);
        EXPECT_EQ(reply->header("Retry-After"), "1");
    }
}

std::size_t bytes_held(RunningServer& server) {
    return server.on_loop([&server] { return server.memory.used(); });
}

TEST(ConnectionLimit, HalfAHeadYieldsAndIsTold) {
    RunningServer server{crowded(2)};
    auto first = server.client();
    auto second = server.client();
    first.send(half_a_head);
    second.send(half_a_head);
    expect_served([&] { return server.client(); }, RawClient::get("/new"));
    const auto told = first.read();
    expect_problem(told, 503);
    EXPECT_EQ(told->header("Retry-After"), "1");
    EXPECT_EQ(told->header("Connection"), "close");
    EXPECT_TRUE(first.closed());
}

TEST(ConnectionLimit, ARefusedRequestThatNeverEndsYields) {
    RunningServer server{crowded(2)};
    auto first = server.client();
    auto second = server.client();
    const auto refused = half_a_body("/forbidden");
    first.send(refused);
    second.send(refused);
    expect_served([&] { return server.client(); }, RawClient::get("/new"));
    expect_problem(first.read(), 403);
}

TEST(ConnectionLimit, ABodyThatStandsStillYields) {
    RunningServer server{crowded(1)};
    auto first = server.client();
    first.send(half_a_body());
    expect_served([&] { return server.client(); }, RawClient::get("/new"));
    expect_problem(first.read(), 503);
}

TEST(ConnectionLimit, HalfATlsHandshakeYields) {
    test::Certificates certificates;
    const auto files = certificates.server();
    RunningServer server{crowded(1)};
    const auto port = server.on_loop([&](Server& http) {
        return http.listen("127.0.0.1:0", files.cert_file, files.key_file).value();
    });
    auto silent = RawClient::tcp(port);
    expect_served([&] { return RawClient::tls(port, certificates.ca_file()); },
                  RawClient::get("/new"));
    EXPECT_TRUE(silent.closed());
}

TEST(ConnectionLimit, EveryoneIsToldHoweverManyCome) {
    auto options = patient();
    options.max_connections = 1;
    RunningServer server{options};
    auto busy = server.client();
    busy.send(RawClient::get("/slow"));
    server.wait_for_handled(1);
    std::vector<RawClient> clients;
    for (int i = 0; i < 400; ++i) {
        const auto reply = clients.emplace_back(server.client()).ask(RawClient::get("/"));
        ASSERT_EQ(expect_problem(reply, 503), "too many open connections; try again later") << i;
        ASSERT_EQ(reply->header("Retry-After"), "1");
        ASSERT_EQ(reply->header("Connection"), "close");
    }
    server.release();
    EXPECT_EQ(echo_of(busy.read())["path"], "/slow");
}

TEST(MemoryLimit, ABodyBeyondTheBudgetIsToldToComeAgain) {
    RunningServer server{patient(), 288 * kib, 64 * kib};
    std::vector<RawClient> handled;
    for (unsigned i = 1; i <= 3; ++i) {
        handled.push_back(server.client());
        handled.back().send(RawClient::post("/slow", large));
        server.wait_for_handled(i);
    }
    auto client = server.client();
    const auto reply = client.ask(RawClient::post("/", large));
    EXPECT_NE(expect_problem(reply, 503).find("memory"), std::string::npos);
    EXPECT_EQ(reply->header("Retry-After"), "1");
    EXPECT_EQ(echo_of(client.ask(RawClient::post("/", "small")))["size"], 5)
        << "the connection can still be used, and what is small gets through";
    server.release();
    for (auto& one : handled) {
        EXPECT_EQ(echo_of(one.read())["size"], large.size());
    }
    EXPECT_EQ(echo_of(client.ask(RawClient::post("/", large)))["size"], large.size());
    EXPECT_GE(server.on_loop([&server] { return server.memory.refused(); }), 1U);
}

TEST(MemoryLimit, CountsWhatHasArrivedAndNotWhatIsAnnounced) {
    RunningServer server{patient(), 256 * kib, 64 * kib};
    std::vector<RawClient> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(server.client());
        auto request = RawClient::post("/", large);
        clients.back().send(request.substr(0, request.size() - large.size() + 10));
    }
    EXPECT_EQ(echo_of(server.client().ask(RawClient::post("/", large)))["size"], large.size());
}

TEST(MemoryLimit, BodiesThatStandStillYield) {
    auto options = RunningServer::small();
    options.patience = 0ms;
    RunningServer server{options, 256 * kib, 64 * kib};
    std::vector<RawClient> clients;
    for (int i = 0; i < 8; ++i) {
        clients.push_back(server.client());
        clients.back().send(half_a_body());
    }
    expect_problem(clients.front().read(), 503);
    EXPECT_TRUE(clients.front().closed());
    expect_served([&] { return server.client(); }, RawClient::post("/", large));
    EXPECT_LE(bytes_held(server), 256 * kib);
}

TEST(MemoryLimit, ChunksCountLikeBodies) {
    RunningServer server{patient(), 128 * kib, 0};
    auto held = server.client();
    held.send(RawClient::post("/slow", large));
    server.wait_for_handled(1);
    auto second = server.client();
    second.send(RawClient::post("/slow", large.substr(0, 40 * kib)));
    server.wait_for_handled(2);
    const auto chunk = "f000\r\n" + large + "\r\n0\r\n\r\n";
    expect_problem(server.client().ask("POST / HTTP/1.1\r\nHost: localhost\r\n"
                                       "Transfer-Encoding: chunked\r\n\r\n" +
                                       chunk),
                   503);
    server.release();
    EXPECT_EQ(echo_of(held.read())["size"], large.size());
}

TEST(MemoryLimit, RepliesThatNobodyReadsCount) {
    RunningServer server{patient(), std::size_t{48} << 20, 0};
    std::vector<unsigned> told; // on the loop
    server.on_loop([&](Server& http) {
        http.on_refused([&](const common::http_server::RefusedRequest& refused) {
            told.push_back(refused.reply.status);
        });
    });
    auto deaf = server.client();
    deaf.send(RawClient::get("/large"));
    server.wait_for_handled(1);
    expect_problem(server.client().ask(RawClient::get("/large")), 503);
    EXPECT_EQ(server.on_loop([&] { return told; }), std::vector<unsigned>{503})
        << "the owner is told of what the client was told";
    EXPECT_EQ(echo_of(server.client().ask(RawClient::get("/")))["path"], "/");
    EXPECT_EQ(deaf.read()->body.size(), std::size_t{32} << 20);
    EXPECT_EQ(server.client().ask(RawClient::get("/large"))->status, 200U);
}

TEST(MemoryLimit, IsGivenBack) {
    RunningServer server{patient(), 256 * kib, 64 * kib};
    {
        auto kept = server.client();
        EXPECT_EQ(echo_of(kept.ask(RawClient::post("/", large)))["size"], large.size());
        server.client().send(half_a_body());
        auto reset = server.client();
        reset.send(half_a_body());
        reset.reset();
    }
    server.stop(0ms);
    EXPECT_EQ(bytes_held(server), 0U);
}

} // namespace

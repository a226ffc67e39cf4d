// What producers may hold in memory and how many connections there are is bounded, and who finds no
// place is told so.
#include "test/support/program.hpp"
#include "test/support/raw_client.hpp"

#include <fstream>
#include <gtest/gtest.h>

namespace {

using nlohmann::json;
using test::RawClient;

constexpr std::size_t mib = std::size_t{1} << 20;

void write_face_webhook(const test::Program& agent) {
    agent.folder().write("webhooks.json", json::array({{{"name", "faces"},
                                                        {"target", "http://127.0.0.1:9/"},
                                                        {"filters", {{"type_in", "face"}}}}})
                                              .dump());
}

/// The most that the process has had resident, in MiB.
std::size_t peak(const test::Program& agent) {
    std::ifstream status{"/proc/" + std::to_string(agent.pid()) + "/status"};
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            return std::stoul(line.substr(6)) / 1024;
        }
    }
    return 0;
}

/// A sanitizer keeps what is freed, and is slow.
#ifdef FFL_SANITIZED
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif

void expect_small(const test::Program& agent) {
    EXPECT_TRUE(sanitized || peak(agent) <= 128) << peak(agent);
}

// Fault: producers that send too much | memory stays bounded, and others are served
TEST(Memory, HalfSentBodiesStayBoundedAndShutNobodyOut) {
    test::Program agent{test::with_local_webhooks()};
    write_face_webhook(agent);
    agent.start();
    auto half = RawClient::post("/v1/events", "[" + std::string(4 * mib - 1, ' '));
    half.resize(half.size() - 10);
    std::vector<RawClient> clients;
    for (int i = 0; i < 50; ++i) {
        clients.push_back(RawClient::tcp(agent.port()));
        clients.back().send(half);
    }
    EXPECT_EQ(agent.post("/v1/events", R"({"id":"a","type":"face"})").status, 202U);
    expect_small(agent);
    // A large one gets through as soon as one of them has stood still for long enough.
    for (;;) {
        const auto reply = agent.post("/v1/events", "[" + std::string(3 * mib, ' ') + "]");
        if (reply.status == 202) {
            break;
        }
        ASSERT_EQ(reply.status, 503U) << reply.body;
        ASSERT_EQ(common::find_header(reply.headers, "Retry-After"), "1");
    }
    const auto metrics = agent.get("/metrics").body;
    EXPECT_NE(metrics.find("ffl_agent_memory_budget_bytes 50331648\n"), std::string::npos);
    EXPECT_EQ(agent.stop(), 0);
}

// Fault: producers that send too much | memory stays bounded, and others are served
TEST(Memory, ManyTinyEventsStayBounded) {
    test::Program agent{test::with_local_webhooks()};
    write_face_webhook(agent);
    agent.start();
    std::string tiny;
    while (tiny.size() < (sanitized ? mib / 16 : mib)) {
        tiny += "{}\n";
    }
    const auto request =
        RawClient::post("/v1/events", tiny, "Content-Type: application/x-ndjson\r\n");
    std::vector<RawClient> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(RawClient::tcp(agent.port(), std::chrono::seconds{60}));
        clients.back().send(request);
    }
    for (auto& client : clients) {
        const auto reply = client.read();
        ASSERT_TRUE(reply);
        EXPECT_TRUE(reply->status == 202 || reply->status == 503) << reply->body;
    }
    expect_small(agent);
    EXPECT_EQ(agent.stop(), 0);
}

// Fault: producers that send too much | memory stays bounded, and others are served
TEST(Memory, OneConnectionTooManyIsToldSoAndTheSocketStaysUsable) {
    auto sections = test::with_local_webhooks();
    sections["ingest"]["max_connections"] = "4";
    test::Program agent{sections};
    write_face_webhook(agent);
    agent.start();
    // What was never a request yields, and is told so.
    std::vector<RawClient> clients;
    for (int i = 0; i < 40; ++i) {
        clients.push_back(RawClient::tcp(agent.port()));
        clients.back().send("GET /livez HTTP/1.1\r\n");
    }
    EXPECT_EQ(agent.cli({"status"}).code, 0);
    for (;;) {
        const auto reply = agent.get("/livez");
        if (reply.status == 200) {
            break;
        }
        ASSERT_EQ(reply.status, 503U);
    }
    for (auto* client : {&clients.front(), &clients.back()}) {
        const auto told = client->read();
        ASSERT_TRUE(told) << "closed without a word";
        EXPECT_EQ(told->status, 503U);
        EXPECT_EQ(told->header("Retry-After"), "1");
        EXPECT_EQ(told->header("Connection"), "close");
    }
    EXPECT_EQ(agent.stop(), 0);
}

} // namespace

// The agent and itself: targets that lead back to it, rings of agents, and who may speak to it.
#include "test/support/definition.hpp"
#include "test/support/program.hpp"
#include "test/support/raw_client.hpp"
#include "test/support/scripted_server.hpp"

#include <csignal>
#include <gtest/gtest.h>

namespace {

using nlohmann::json;
using test::Answer;
using test::definition;
using test::has;
using test::webhook_named;

constexpr const char* without_id = R"({"type":"face","camera":7})";

void serve(const test::Program& agent, const json& definitions) {
    agent.folder().write("webhooks.json", definitions.dump());
    ASSERT_EQ(agent.cli({"sync"}).code, 0) << agent.log();
}

TEST(Own, ATargetThatIsTheAgentItselfIsRefused) {
    test::Program agent{test::with_local_webhooks()};
    agent.folder().write("webhooks.json", "[]");
    agent.start();
    const auto at = ":" + std::to_string(agent.port()) + "/v1/events";
    serve(agent, json::array({definition("address", "http://127.0.0.1" + at, 2),
                              definition("mapped", "http://[::ffff:127.0.0.1]" + at, 2),
                              definition("name", "http://localhost" + at, 2)}));
    ASSERT_EQ(agent.post("/v1/events", without_id).status, 202U);
    EXPECT_TRUE(agent.wait_until([](const json& status) { return status["queue"]["dead"] == 3; }))
        << agent.status().dump(2);
    const auto status = agent.status();
    for (const auto* name : {"address", "mapped", "name"}) {
        const auto one = webhook_named(status, name);
        EXPECT_EQ(one["matched"], 1) << "nothing came back";
        EXPECT_EQ(one["failed"], 2);
        EXPECT_TRUE(has(one["last_error"], "the target is this agent itself")) << one.dump();
        ASSERT_EQ(one["warnings"].size(), 1U) << one.dump();
        EXPECT_TRUE(has(one["warnings"][0], "the target is this agent itself")) << one.dump();
    }
}

TEST(Own, AnEventThatComesBackThroughAProxyIsRefused) {
    test::Program* to = nullptr;
    test::ScriptedServer proxy{[&to](const test::Seen& seen) {
        const auto reply = to->post(
            seen.target, seen.body,
            {{"ffl-via", seen.header("ffl-via")}, {"ffl-event-id", seen.header("ffl-event-id")}});
        return Answer{reply.status, {}, reply.body};
    }};
    test::Program agent{test::with_local_webhooks()};
    to = &agent;
    agent.folder().write("webhooks.json",
                         json::array({definition("loop", proxy.url("/v1/events"), 2)}).dump());
    agent.start();
    ASSERT_EQ(agent.post("/v1/events", without_id).status, 202U);
    EXPECT_TRUE(agent.wait_until([](const json& status) { return status["queue"]["dead"] == 1; }));
    EXPECT_EQ(webhook_named(agent.status(), "loop")["last_error"], "508 Loop Detected");
    EXPECT_EQ(proxy.count(), 2U);
    EXPECT_EQ(webhook_named(agent.status(), "loop")["matched"], 1);
}

// Fault: events that come back | a ring of agents ends
TEST(Own, AgentsMayPassEventsOnAndARingEnds) {
    test::ScriptedServer last{[](const test::Seen&) { return Answer{}; }};
    test::Program a{test::with_local_webhooks()}, b{test::with_local_webhooks()};
    a.folder().write("webhooks.json", "[]");
    b.folder().write("webhooks.json", "[]");
    a.start();
    b.start();
    const auto events_of = [](const test::Program& agent) {
        return "http://127.0.0.1:" + std::to_string(agent.port()) + "/v1/events";
    };
    serve(a, json::array({definition("to b", events_of(b))}));
    serve(b, json::array({definition("to a", events_of(a)), definition("out", last.url())}));
    // One after the other, for the order of deliveries is not promised.
    std::size_t sent = 0;
    for (const auto* event : {without_id, R"({"id":"e1","type":"face"})"}) {
        ASSERT_EQ(a.post("/v1/events", event).status, 202U);
        EXPECT_TRUE(last.wait_for(++sent, std::chrono::seconds{20})) << "chains are allowed";
    }
    const auto all_done = [](const json& status) { return status["queue"]["pending"] == 0; };
    EXPECT_TRUE(b.wait_until(
        [](const json& status) { return webhook_named(status, "to a")["delivered"] == 2; }));
    EXPECT_TRUE(a.wait_until(all_done));
    EXPECT_TRUE(b.wait_until(all_done));
    EXPECT_EQ(webhook_named(a.status(), "to b")["delivered"], 2)
        << "what came back was a duplicate";
    EXPECT_EQ(last.count(), 2U);
    EXPECT_EQ(last.seen()[0].body, without_id) << "sent as it came";
}

// Fault: bad configuration on SIGHUP | no listener loses its token
TEST(Own, SighupNeverTakesTheTokenOffAListenerThatStaysOpen) {
    const auto ini = [](const std::string& listen, const std::string& token_file) {
        return test::with_local_webhooks(
            {{"ingest", {{"listen", listen}, {"token_file", token_file}}}});
    };
    test::Program agent{ini("0.0.0.0:0", "token")};
    agent.folder().write("token", "s3cret\n");
    agent.folder().write("webhooks.json", "[]");
    agent.start();
    EXPECT_EQ(agent.get("/v1/status").status, 401U);
    agent.configure(ini("127.0.0.1:0", ""));
    agent.signal(SIGHUP);
    EXPECT_TRUE(agent.wait_for_log("keeping the current one")) << agent.log();
    EXPECT_TRUE(has(agent.log(), "expected token_file to be set")) << agent.log();
    EXPECT_TRUE(has(agent.log(), "[ingest] listen changes only with a restart")) << agent.log();
    EXPECT_EQ(agent.get("/v1/status").status, 401U) << "nothing of the new file is used";
    EXPECT_EQ(agent.get("/v1/status", {{"Authorization", "Bearer s3cret"}}).status, 200U);
    // With the token, the rest of a new file is used and the listener waits for the restart.
    agent.folder().write("token", "new\n");
    agent.configure(ini("127.0.0.1:0", "token"));
    agent.signal(SIGHUP);
    EXPECT_TRUE(agent.wait_for_log(" reloaded")) << agent.log();
    EXPECT_EQ(agent.get("/v1/status", {{"Authorization", "Bearer new"}}).status, 200U);
}

struct HostRow {
    const char* head;
    unsigned status;
};

TEST(Own, WithoutATokenOnlyLocalNamesAreAnswered) {
    test::Program agent{test::with_local_webhooks()};
    agent.folder().write("webhooks.json", "[]");
    agent.start();
    for (const auto& [head, status] :
         {HostRow{"GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n", 200},
          HostRow{"GET /v1/status HTTP/1.1\r\nHost: LOCALHOST.:1\r\n\r\n", 200},
          HostRow{"GET /v1/status HTTP/1.1\r\nHost: a.localhost:8093\r\n\r\n", 200},
          HostRow{"GET /v1/status HTTP/1.1\r\nHost: [::1]:8093\r\n\r\n", 200},
          HostRow{"GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 200},
          HostRow{"GET http://localhost:1/v1/status HTTP/1.1\r\nHost: localhost:1\r\n\r\n", 200},
          HostRow{"GET /v1/status HTTP/1.0\r\nHost: localhost\r\n\r\n", 200},
          HostRow{"GET /v1/status HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
          HostRow{"GET /v1/status HTTP/1.1\r\nHost: localhost.evil.example\r\n\r\n", 421},
          HostRow{"GET /v1/status HTTP/1.1\r\nHost:\r\n\r\n", 421},
          HostRow{"GET /v1/status HTTP/1.0\r\n\r\n", 421},
          HostRow{"GET http://evil.example/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
          HostRow{"GET http://localhost/v1/status HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
          HostRow{"GET http://user@localhost/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 421},
          HostRow{"GET /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
          HostRow{"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
          HostRow{"GET /nothing HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
          HostRow{"POST /v1/events HTTP/1.1\r\nHost: evil.example:1\r\n"
                  "Origin: http://evil.example:1\r\nContent-Length: 2\r\n\r\n[]",
                  421},
          HostRow{"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400},
          HostRow{"GET / HTTP/1.1\r\n\r\n", 400}}) {
        SCOPED_TRACE(head);
        auto client = test::RawClient::tcp(agent.port());
        const auto reply = client.ask(head);
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->status, status) << reply->body;
        if (status == 421) {
            EXPECT_TRUE(has(reply->body, "expected localhost or a loopback address"))
                << reply->body;
        }
    }
}

} // namespace

#include "test/agent/api/control_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <algorithm>
#include <set>

namespace test {
namespace {

// Status

TEST_F(ControlTest, SaysWhetherTheCallerMayChangeAnything) {
    EXPECT_EQ(get("/v1/status")["access"], "full") << "the Unix socket";
    const auto over_tcp = [&](common::Headers headers) {
        return Json::parse(call(tcp_request("GET", "/v1/status", std::move(headers))).body);
    };
    EXPECT_EQ(over_tcp({})["access"], "read");
    config.ingest.token = "s3cret";
    EXPECT_EQ(over_tcp({{"Authorization", "Bearer s3cret"}})["access"], "full");
}

TEST_F(ControlTest, ShowsTheStatusWithEveryFieldOfTheContract) {
    clock.advance(common::Millis{1'500});
    const auto status = get("/v1/status");
    EXPECT_EQ(keys(status),
              (std::set<std::string>{"access", "version", "host", "time", "verdict", "summary",
                                     "problems", "uptime_s", "server", "webhooks", "queue", "clock",
                                     "store", "config", "warnings"}));
    EXPECT_EQ(keys(status["server"]),
              (std::set<std::string>{"url", "state", "last_sync", "last_error"}));
    EXPECT_EQ(keys(status["queue"]),
              (std::set<std::string>{"pending", "dead", "bytes", "max_bytes", "oldest_s"}));
    EXPECT_EQ(keys(status["clock"]), std::set<std::string>{"synchronized"});
    EXPECT_EQ(keys(status["store"]),
              (std::set<std::string>{"path", "sync", "degraded", "last_error", "quarantined"}));
    ASSERT_EQ(status["webhooks"].size(), 2U);
    for (const auto& webhook : status["webhooks"]) {
        EXPECT_EQ(keys(webhook),
                  (std::set<std::string>{"key",       "name",     "active",         "state",
                                         "reason",    "warnings", "target",         "matched",
                                         "delivered", "failed",   "suppressed",     "expired",
                                         "dropped",   "oldest_s", "last_success_s", "failing_s",
                                         "waits_for", "pending",  "dead",           "last_error"}));
    }
    EXPECT_DOUBLE_EQ(status["uptime_s"].get<double>(), 1.5);
    EXPECT_EQ(status["server"], (Json{{"url", nullptr},
                                      {"state", "standalone"},
                                      {"last_sync", nullptr},
                                      {"last_error", nullptr}}));
    EXPECT_EQ(status["store"]["path"], config.queue.path);
    EXPECT_EQ(status["store"]["sync"], "full");
    EXPECT_EQ(status["store"]["degraded"], false);
    EXPECT_EQ(status["store"]["last_error"], Json{});
    EXPECT_EQ(status["store"]["quarantined"], Json::array());
    EXPECT_EQ(status["queue"]["pending"], 0);
    EXPECT_EQ(status["queue"]["oldest_s"], nullptr);
    EXPECT_EQ(status["clock"]["synchronized"], true);
    EXPECT_EQ(status["config"], (Json{{"path", config.path},
                                      {"stale", false},
                                      {"refused_since", nullptr},
                                      {"errors", Json::array()},
                                      {"awaiting_restart", Json::array()},
                                      {"stamp", nullptr}}));
    EXPECT_EQ(status["warnings"], Json::array());
}

TEST_F(ControlTest, SaysThatTheFileOnDiskIsNotWhatRuns) {
    config.awaiting_restart = {"[ingest] listen"};
    EXPECT_EQ(get("/v1/status")["config"]["stale"], true);
    EXPECT_EQ(get("/v1/status")["config"]["awaiting_restart"], (Json{"[ingest] listen"}));
    config.awaiting_restart.clear();
    config.refused = agent::Config::Refused{common::WallTime{}, {"agent.ini:3: no"}};
    const auto status = get("/v1/status")["config"];
    EXPECT_EQ(status["stale"], true);
    EXPECT_EQ(status["refused_since"], "1970-01-01T00:00:00Z");
    EXPECT_EQ(status["errors"], Json{"agent.ini:3: no"});
    EXPECT_NE(call("GET", "/metrics").body.find("\nffl_agent_config_stale 1\n"), std::string::npos);
    config.refused.reset();
    EXPECT_NE(call("GET", "/metrics").body.find("\nffl_agent_config_stale 0\n"), std::string::npos);
}

TEST_F(ControlTest, WarnsOfGlobsOnceTheWebhooksAreKnown) {
    config.warnings = {"agent.ini:3: odd"};
    agent::WebhookOverride section;
    section.glob = "gaet";
    section.section = "webhook gaet";
    config.overrides.push_back(section);
    EXPECT_EQ(get("/v1/status")["warnings"],
              (Json{"agent.ini:3: odd",
                    "[webhook gaet]: no webhook has a name that matches, so it has no effect"}));
    config.server.url = common::parse_url("http://lite.example/").value();
    EXPECT_EQ(get("/v1/status")["warnings"], Json{"agent.ini:3: odd"})
        << "the server's are not known yet";
}

TEST_F(ControlTest, ShowsTheServerWithoutItsLogin) {
    config.server.url = common::parse_url("https://user:geheim@lite.example/base").value();
    struct Row {
        agent::ServerStatus::State state;
        const char* text;
    };
    for (const auto& row : {Row{agent::ServerStatus::State::starting, "starting"},
                            Row{agent::ServerStatus::State::ok, "ok"},
                            Row{agent::ServerStatus::State::failing, "failing"}}) {
        stats.server.state = row.state;
        EXPECT_EQ(get("/v1/status")["server"]["state"], row.text) << row.text;
    }
    stats.server.last_sync = common::WallTime{std::chrono::seconds{1'750'000'000}};
    stats.server.last_error = "connect: connection refused";
    const auto server = get("/v1/status")["server"];
    EXPECT_EQ(server["url"], "https://lite.example/base");
    EXPECT_EQ(server["last_sync"], "2025-06-15T15:06:40Z");
    EXPECT_EQ(server["last_error"], "connect: connection refused");
}

TEST_F(ControlTest, ShowsWhatEachWebhookDoes) {
    cache.rebuild(
        {{"7", faces},
         {"9", R"({"id":9,"name":"off","active":false,"target":"http://10.0.0.9/","filters":{}})"},
         {"10", R"({"id":10,"name":"odd","target":"http://10.0.0.9/","filters":{"shoe_size":44}})"},
         {"11",
          R"({"id":11,"name":"never","target":"http://10.0.0.9/","filters":{"camera_in":[]}})"},
         {"12",
          R"({"id":12,"name":"odd and off","active":false,"target":"nowhere","filters":{}})"}});
    post(R"({"type":"face","id":"1"})");
    auto& counted = stats.webhooks["7"];
    counted.attempts.at(static_cast<std::size_t>(agent::AttemptClass::success)) = 4;
    counted.attempts.at(static_cast<std::size_t>(agent::AttemptClass::timeout)) = 2;
    counted.suppressed = 3;
    counted.last_error = "read: \xff broke";
    const auto webhooks = get("/v1/status")["webhooks"];
    ASSERT_EQ(webhooks.size(), 5U);
    const auto& door = webhooks[0];
    EXPECT_EQ(door["key"], "7");
    EXPECT_EQ(door["name"], "door");
    EXPECT_EQ(door["active"], true);
    EXPECT_EQ(door["state"], "serving");
    EXPECT_EQ(door["reason"], nullptr);
    EXPECT_EQ(door["warnings"], Json::array());
    EXPECT_EQ(door["target"], "http://10.0.0.7:9000/hook?a=***")
        << "without user, password and the values of the query";
    EXPECT_EQ(door["matched"], 1);
    EXPECT_EQ(door["delivered"], 4);
    EXPECT_EQ(door["failed"], 2);
    EXPECT_EQ(door["suppressed"], 3);
    EXPECT_EQ(door["pending"], 1);
    EXPECT_EQ(door["dead"], 0);
    EXPECT_EQ(door["last_error"], "read: \xEF\xBF\xBD broke")
        << "an answer is UTF-8 whatever a target wrote";
    EXPECT_EQ(webhooks[1]["state"], "inactive");
    EXPECT_EQ(webhooks[1]["active"], false);
    EXPECT_EQ(webhooks[2]["state"], "unsupported");
    EXPECT_EQ(webhooks[2]["active"], true);
    EXPECT_NE(webhooks[2]["reason"].get<std::string>().find("shoe_size"), std::string::npos);
    EXPECT_EQ(webhooks[3]["state"], "serving");
    EXPECT_EQ(webhooks[3]["warnings"].size(), 1U);
    EXPECT_EQ(webhooks[4]["state"], "unsupported");
    EXPECT_EQ(webhooks[4]["active"], false);
    EXPECT_EQ(webhooks[4]["target"], nullptr);
    EXPECT_EQ(get("/v1/status").dump().find("hidden"), std::string::npos);
}

TEST_F(ControlTest, ShowsTheQueue) {
    const auto ids = fill(3);
    kill(ids[0], "8");
    clock.advance(common::Millis{2'500});
    const auto status = get("/v1/status");
    EXPECT_EQ(status["queue"]["pending"], 2);
    EXPECT_EQ(status["queue"]["dead"], 1);
    EXPECT_EQ(status["queue"]["max_bytes"], config.queue.max_size);
    EXPECT_GT(status["queue"]["bytes"].get<std::uint64_t>(), 0U);
    EXPECT_DOUBLE_EQ(status["queue"]["oldest_s"].get<double>(), 2.5);
    EXPECT_EQ(status["webhooks"][1]["pending"], 2);
    EXPECT_EQ(status["webhooks"][1]["dead"], 1);
    clock.set_synchronized(false);
    EXPECT_EQ(get("/v1/status")["clock"]["synchronized"], false);
}

// Explain

TEST_F(ControlTest, Explains) {
    const auto reply = call("POST", "/v1/explain", R"({"type":"car","id":1})");
    ASSERT_EQ(reply.status, 200U) << reply.body;
    const auto webhooks = Json::parse(reply.body)["webhooks"];
    ASSERT_EQ(webhooks.size(), 2U);
    EXPECT_EQ(webhooks[0]["key"], "7");
    EXPECT_EQ(webhooks[0]["name"], "door");
    EXPECT_EQ(webhooks[0]["matches"], false);
    EXPECT_EQ(webhooks[0]["failed"]["filter"], "type_in");
    EXPECT_EQ(webhooks[1]["matches"], true);
    EXPECT_EQ(call("POST", "/v1/explain", R"([{"type":"car","id":1}])").body, reply.body)
        << "an array of that one event";
    EXPECT_EQ(queue.stats().pending, 0U);
    EXPECT_TRUE(handed_on.empty());
}

TEST_F(ControlTest, ExplainsOneEventOnly) {
    const std::pair<const char*, const char*> rows[] = {
        {"", "empty"},
        {"[]", "expected one event, found 0"},
        {R"([{"type":"car"},{"type":"car"}])", "expected one event, found 2"},
        {"{", "event 0: "},
        {"5", "event 0: "},
        {R"({"type":"car"} x)", "body goes on"},
    };
    for (const auto& [body, says] : rows) {
        const auto detail = problem_of(call("POST", "/v1/explain", body), 400);
        EXPECT_NE(detail.find(says), std::string::npos) << body << ": " << detail;
    }
}

// Sync

TEST_F(ControlTest, SyncsAndSaysWhatChanged) {
    synced = agent::Changes{{"7"}, {"8", "local:x"}, {}};
    const auto reply = call("POST", "/v1/sync");
    EXPECT_EQ(reply.status, 200U);
    EXPECT_EQ(Json::parse(reply.body),
              (Json{{"added", {"7"}}, {"changed", {"8", "local:x"}}, {"removed", Json::array()}}));
    EXPECT_EQ(syncs, 1);
}

TEST_F(ControlTest, TellsARefusedLoginFromADeadServer) {
    synced = common::fail(common::Fault::unreachable, "connect: connection refused");
    auto reply = call("POST", "/v1/sync");
    EXPECT_EQ(problem_of(reply, 502), "connect: connection refused");
    EXPECT_FALSE(Json::parse(reply.body).contains("fault"));

    synced = common::fail(common::Fault::refused, "login: 401 Unauthorized");
    reply = call("POST", "/v1/sync");
    EXPECT_EQ(problem_of(reply, 502), "login: 401 Unauthorized");
    EXPECT_EQ(Json::parse(reply.body)["fault"], "refused");

    synced = common::fail(common::Fault::config, "/etc/ffl-agent/webhooks.json: not valid JSON");
    EXPECT_EQ(problem_of(call("POST", "/v1/sync"), 502),
              "/etc/ffl-agent/webhooks.json: not valid JSON");
}

// Probes

TEST_F(ControlTest, IsAliveAndReady) {
    for (const auto* path : {"/livez", "/readyz"}) {
        SCOPED_TRACE(path);
        const auto reply = call("GET", path);
        EXPECT_EQ(reply.status, 200U);
        EXPECT_EQ(reply.body, "ok\n");
        EXPECT_EQ(header(reply, "Content-Type"), "text/plain; charset=utf-8");
    }
    EXPECT_EQ(control->not_ready(), "");
}

struct ControlWithoutDefinitions : ControlTest {
    void SetUp() override { open({}, true); }
};

TEST_F(ControlWithoutDefinitions, IsNotReadyUntilTheListWasFetched) {
    stats.server.last_error = "login: 401 Unauthorized";
    const auto detail = problem_of(call("GET", "/readyz"), 503);
    EXPECT_EQ(detail, "the webhooks have never been fetched from the FindFace Lite server: "
                      "login: 401 Unauthorized");
    EXPECT_EQ(call("GET", "/livez").status, 200U);
    EXPECT_EQ(get("/v1/status")["server"]["state"], "starting");
    EXPECT_EQ(get("/v1/status")["webhooks"], Json::array());

    auto replace = cache.replace_server_list({});
    ASSERT_TRUE(run(loop, std::move(replace)));
    EXPECT_EQ(call("GET", "/readyz").status, 200U) << "an empty list is a list";
}

common::Task<common::Result<bool>> write_protect(common::Database& database) {
    auto work = [](common::Connection& connection) {
        connection.handle().exec("PRAGMA query_only = 1");
        return true;
    };
    return database.run(std::move(work));
}

TEST_F(ControlTest, IsNotReadyWhileTheDatabaseCannotBeWritten) {
    ASSERT_TRUE(run(loop, write_protect(database)));
    problem_of(post(R"({"type":"car","id":1})"), 503);
    const auto store = get("/v1/status")["store"];
    EXPECT_TRUE(store["degraded"].get<bool>());
    EXPECT_NE(store["last_error"].get<std::string>().find("readonly"), std::string::npos) << store;
    EXPECT_TRUE(
        problem_of(call("GET", "/readyz"), 503).starts_with("cannot write to the database: "));
    EXPECT_EQ(call("GET", "/livez").status, 200U);
}

// The page

TEST_F(ControlTest, ServesAPageThatNeedsNothingFromElsewhere) {
    const auto page = call("GET", "/");
    EXPECT_EQ(page.status, 200U);
    EXPECT_EQ(header(page, "Content-Type"), "text/html; charset=utf-8");
    EXPECT_EQ(header(page, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header(page, "Cache-Control"), "no-store");
    const auto policy = header(page, "Content-Security-Policy");
    EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'sha256-")) << policy;
    EXPECT_NE(policy.find("style-src 'sha256-"), std::string::npos);
    EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos);
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    for (const auto* outside :
         {"http://", "https://", "src=", "@import", "url(", "innerHTML", "outerHTML",
          "insertAdjacentHTML", "document.write", " style=", " onclick=", " onload="}) {
        EXPECT_EQ(page.body.find(outside), std::string::npos) << outside;
    }
    EXPECT_NE(page.body.find("width=device-width"), std::string::npos);
    EXPECT_NE(page.body.find("prefers-color-scheme: dark"), std::string::npos);
    EXPECT_NE(page.body.find("v1/status"), std::string::npos);
    EXPECT_TRUE(page.body.ends_with("</html>\n"));
}

} // namespace
} // namespace test

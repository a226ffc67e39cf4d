// `ffl-agent queue`: reading and changing the queue, with and without a running agent.
#include "test/support/program.hpp"
#include "test/support/terminal.hpp"

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>

namespace {

using nlohmann::json;

TEST(QueueCommands, ReadAQueueWhoseServiceIsStopped) {
    test::Program agent{test::with_local_webhooks()};
    // Nothing listens on the discard port of this address.
    agent.folder().write(
        "webhooks.json",
        R"([{"name":"door","target":"http://127.0.0.1:9/"},{"name":"gate","target":"http://127.0.0.1:9/gate"}])");
    agent.start();
    ASSERT_EQ(
        agent.post("/v1/events", "[{\"id\":\"a\"},{\"id\":\"b\"},{\r\n\"id\":\"c\",\n\"n\":1.0}]")
            .status,
        202U);
    ASSERT_TRUE(
        agent.wait_until([](const json& status) { return status["queue"]["pending"] == 6; }));
    const auto running = json::parse(agent.cli({"queue", "list", "--json"}).out);
    ASSERT_EQ(agent.stop(), 0);
    const auto stopped = json::parse(agent.cli({"queue", "list", "--json"}).out);
    ASSERT_EQ(stopped["deliveries"].size(), 6U);
    for (std::size_t i = 0; i < 6; ++i) {
        for (const auto* key : {"id", "state", "webhook", "event_id"}) {
            SCOPED_TRACE(std::to_string(i) + " " + key);
            EXPECT_EQ(running["deliveries"][i][key], stopped["deliveries"][i][key]);
        }
    }
    EXPECT_EQ(
        json::parse(
            agent.cli({"queue", "list", "--webhook", "local:gate", "--json"}).out)["deliveries"]
            .size(),
        3U);
    EXPECT_EQ(
        json::parse(agent.cli({"queue", "list", "--state", "dead", "--json"}).out)["deliveries"]
            .size(),
        0U);
    const auto id = stopped["deliveries"].back()["id"].dump();
    EXPECT_EQ(json::parse(agent.cli({"queue", "show", id, "--json"}).out)["event"],
              (json{{"id", "a"}}));
    EXPECT_EQ(agent.cli({"queue", "show", "424242"}).code, 65);
    const auto dump = agent.cli({"queue", "export"}).out;
    EXPECT_EQ(std::count(dump.begin(), dump.end(), '\n'), 6) << dump;
    EXPECT_NE(dump.find("\"event\":{  \"id\":\"c\", \"n\":1.0}}\n"), std::string::npos) << dump;
    const auto nowhere = test::run_program(
        {"/bin/sh", "-c",
         "exec " FFL_BINARY " queue export --config " + agent.ini() + " >/dev/full"});
    EXPECT_EQ(nowhere.code, 74) << nowhere.err;
    agent.start();
    EXPECT_EQ(agent.cli({"queue", "drop", "424242"}).code, 65);
    EXPECT_EQ(agent.cli({"queue", "drop", id}).code, 0);
    EXPECT_EQ(
        json::parse(agent.cli({"queue", "drop", "--all", "--webhook", "local:gate", "--json"})
                        .out)["dropped"]
                .get<int>() +
            json::parse(agent.cli({"queue", "drop", "--all", "--json"}).out)["dropped"].get<int>(),
        5);
    EXPECT_TRUE(
        agent.wait_until([](const json& status) { return status["queue"]["pending"] == 0; }));
}

TEST(QueueCommands, TakeWebhooksByNameAndEventsById) {
    test::Program agent{test::with_local_webhooks()};
    agent.folder().write(
        "webhooks.json",
        R"([{"name":"door","target":"http://127.0.0.1:9/"},{"name":"Дверь","target":"http://127.0.0.1:9/gate",
             "filters":{"type_in":["car"]}}])");
    agent.start();
    ASSERT_EQ(agent
                  .post("/v1/events",
                        R"([{"id":"4589691150480880065","type":"face"},{"id":"b","type":"car"}])")
                  .status,
              202U);
    const auto list = [&](const std::vector<std::string>& more) {
        std::vector<std::string> args{"queue", "list", "--json"};
        args.insert(args.end(), more.begin(), more.end());
        const auto done = agent.cli(args);
        EXPECT_EQ(done.code, 0) << done.err;
        std::string events;
        const auto page = json::parse(done.out);
        for (const auto& row : page["deliveries"]) {
            events +=
                row["event_id"].get<std::string>() + " " + row["webhook"].get<std::string>() + ";";
        }
        return events;
    };
    for (const auto* state : {"running", "stopped"}) {
        SCOPED_TRACE(state);
        EXPECT_EQ(list({}), "b local:Дверь;b local:door;4589691150480880065 local:door;");
        EXPECT_EQ(list({"--order", "oldest", "--limit", "1"}), "4589691150480880065 local:door;");
        EXPECT_EQ(list({"--webhook", "Дверь"}), "b local:Дверь;");
        EXPECT_EQ(list({"--event", "b", "--webhook", "door"}), "b local:door;");
        EXPECT_EQ(list({"--since", "1h", "--limit", "0", "--webhook", "door"}),
                  "b local:door;4589691150480880065 local:door;");
        EXPECT_EQ(list({"--error", "no such thing"}), "");
        EXPECT_EQ(list({"--state", "dead", "--webhook", "door"}), "");
        const auto shown = agent.cli({"queue", "show", "4589691150480880065"});
        EXPECT_EQ(shown.code, 0) << shown.err;
        EXPECT_EQ(shown.out.find("delivery      1.0 (65536), pending\n"), 0U) << shown.out;
        EXPECT_EQ(agent.cli({"queue", "show", "2.1"}).code, 0);
        struct Wrong {
            std::vector<std::string> args;
            std::string says;
        };
        for (const auto& [args, says] :
             {Wrong{{"queue", "list", "--webhook", "dor"},
                    "there is no webhook \"dor\": did you mean \"door\"? expected a key or a name "
                    "of: "
                    "local:door, local:Дверь"},
              Wrong{{"queue", "export", "--webhook", "gate"}, "there is no webhook \"gate\""},
              Wrong{{"queue", "show", "b"},
                    "the event \"b\" has 2 deliveries: expected the id of one of them, one of: "
                    "2.0 to webhook local:door, 2.1 to webhook local:Дверь"},
              Wrong{{"queue", "show", "77.1"}, "there is no delivery \"77.1\""}}) {
            const auto done = agent.cli(args);
            EXPECT_EQ(done.code, 65) << done.err;
            EXPECT_EQ(done.out, "");
            EXPECT_NE(done.err.find(says), std::string::npos) << done.err;
        }
        if (agent.running()) {
            EXPECT_EQ(agent.cli({"queue", "retry", "--all", "--webhook", "dor"}).code, 65);
            EXPECT_EQ(agent.cli({"queue", "drop", "--all", "--webhook", "dor"}).code, 65);
            ASSERT_EQ(agent.stop(), 0);
        }
    }
    const auto few = agent.cli({"queue", "list", "--limit", "2"});
    EXPECT_EQ(few.err, "ffl-agent: these are the newest 2 of 3 deliveries; --limit 0 shows all of "
                       "them\n");
    EXPECT_EQ(few.out.find('\x1b'), std::string::npos) << "no colours on a pipe";
    agent.start();
    EXPECT_EQ(agent.cli({"queue", "drop", "1.0", "2.1", "--json"}).out, "{\"dropped\":2}\n");
    EXPECT_EQ(agent.cli({"queue", "retry", "--all", "--webhook", "Дверь"}).out, "retried 0\n");
}

TEST(QueueCommands, DropSaysWhatItDeletesAndAsksAPersonFirst) {
    if (!test::has_terminals()) {
        GTEST_SKIP() << "needs script(1) for a terminal";
    }
    test::Program agent{test::with_local_webhooks()};
    agent.folder().write(
        "webhooks.json",
        R"([{"name":"door","target":"http://127.0.0.1:9/"},{"name":"gate","target":"http://127.0.0.1:9/gate"}])");
    agent.start();
    ASSERT_EQ(agent.post("/v1/events", R"([{"id":"a"},{"id":"b"}])").status, 202U);
    const auto drop = std::string{FFL_BINARY} + " queue drop --config " + agent.ini();
    const auto pending = [&] { return agent.status()["queue"]["pending"].get<int>(); };
    for (const auto* answer : {"n\n", "\n", "maybe\n"}) {
        const auto done = test::on_a_terminal(drop + " --all", answer);
        EXPECT_EQ(done.code, 0) << done.out;
        EXPECT_NE(done.out.find("This deletes all 4 deliveries: 2 of \"local:door\" \"door\", "
                                "2 of \"local:gate\" \"gate\"."),
                  std::string::npos)
            << done.out;
        EXPECT_NE(done.out.find("nothing was dropped"), std::string::npos) << done.out;
        EXPECT_EQ(pending(), 4);
    }
    const auto one =
        test::on_a_terminal(drop + " --all --webhook local:gate --state pending", "y\n");
    EXPECT_NE(one.out.find("all pending deliveries of one webhook: 2 of \"local:gate\" \"gate\"."),
              std::string::npos)
        << one.out;
    EXPECT_NE(one.out.find("dropped 2"), std::string::npos) << one.out;
    EXPECT_EQ(pending(), 2);
    const auto unknown = test::on_a_terminal(drop + " --all --webhook local:removed", "y\n");
    EXPECT_EQ(unknown.code, 65) << unknown.out;
    EXPECT_EQ(unknown.out.find("[y/N]"), std::string::npos) << unknown.out;
    const auto named = test::on_a_terminal(drop + " --all --webhook door", "n\n");
    EXPECT_NE(named.out.find("all deliveries of one webhook: 2 of \"local:door\" \"door\"."),
              std::string::npos)
        << named.out;
    const auto quiet = test::on_a_terminal(drop + " --all --yes", "");
    EXPECT_EQ(quiet.out.find("[y/N]"), std::string::npos) << quiet.out;
    EXPECT_EQ(pending(), 0);
    EXPECT_EQ(agent.cli({"queue", "retry", "--all"}).out, "retried 0\n");
}

} // namespace

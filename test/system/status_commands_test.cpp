// `ffl-agent status` of one webhook and on a terminal, and `log-level`.
#include "test/support/program.hpp"
#include "test/support/terminal.hpp"

#include <csignal>
#include <filesystem>
#include <gtest/gtest.h>

namespace {

using nlohmann::json;

constexpr const char* local_definitions =
    R"([{"name":"Дверь","target":"http://127.0.0.1:9/open?key=secret"},)"
    R"({"name":"age","target":"http://127.0.0.1:9/","filters":{"camera_im":18}}])";

class StatusCommands : public testing::Test {
  protected:
    StatusCommands() {
        agent.folder().write("webhooks.json", local_definitions);
        agent.start();
    }
    /// Of the agent, on a terminal of that width.
    [[nodiscard]] test::Finished on_a_terminal(const std::string& command,
                                               const std::string& typed = "",
                                               const std::string& width = "80") const {
        return test::on_a_terminal(
            std::string{FFL_BINARY} + " " + command + " --config " + agent.ini(), typed,
            {{"COLUMNS", width}, {"TERM", "xterm"}, {"NO_COLOR", ""}});
    }

    test::Program agent{test::with_local_webhooks()};
};

TEST_F(StatusCommands, ShowOneWebhookInFull) {
    const auto by_name = agent.cli({"status", "age"});
    EXPECT_EQ(by_name.code, 0) << by_name.err;
    for (const auto* part :
         {"key           local:age\n", "state         unsupported\n", "did you mean \"camera_in\"?",
          "license_plate_event_number", "matched       0\n", "active        yes\n"}) {
        EXPECT_NE(by_name.out.find(part), std::string::npos) << part << " in " << by_name.out;
    }
    EXPECT_EQ(agent.cli({"status", "local:age"}).out, by_name.out);
    const auto door = agent.cli({"status", "Дверь", "--json"});
    EXPECT_EQ(json::parse(door.out)["key"], "local:Дверь");
    EXPECT_EQ(door.out.find("secret"), std::string::npos) << door.out;
    const auto none = agent.cli({"status", "agw"});
    EXPECT_EQ(none.code, 65);
    EXPECT_EQ(none.out, "");
    EXPECT_EQ(none.err, "ffl-agent: there is no webhook \"agw\": did you mean \"age\"? expected a "
                        "key or a name of: local:Дверь, local:age\n");
}

TEST_F(StatusCommands, LogLevelHoldsUntilTheNextReload) {
    EXPECT_EQ(agent.cli({"log-level"}).out, "info\n");
    EXPECT_EQ(agent.cli({"log-level", "debug"}).out,
              "debug (until the next reload or restart, then info as configured)\n");
    EXPECT_EQ(json::parse(agent.cli({"log-level", "--json"}).out),
              (json{{"level", "debug"}, {"configured", "info"}}));
    EXPECT_TRUE(agent.wait_for_log("log level changed"));
    const auto wrong = agent.cli({"log-level", "loud"});
    EXPECT_EQ(wrong.code, 64);
    EXPECT_NE(wrong.err.find("LEVEL = 'loud': expected one of: error, warn, info, debug"),
              std::string::npos)
        << wrong.err;
    agent.signal(SIGHUP);
    ASSERT_TRUE(agent.wait_for_log("reloaded"));
    EXPECT_EQ(agent.cli({"log-level"}).out, "info\n");
    EXPECT_EQ(agent.get("/v1/log-level").status, 403U) << "only through the socket";
}

TEST_F(StatusCommands, WatchNeedsATerminal) {
    const auto piped = agent.cli({"status", "--watch"});
    EXPECT_EQ(piped.code, 64);
    EXPECT_EQ(piped.out, "");
    EXPECT_NE(piped.err.find("--watch: needs a terminal"), std::string::npos) << piped.err;
}

TEST_F(StatusCommands, WatchRedrawsUntilSomebodyTypesQ) {
    if (!test::has_terminals()) {
        GTEST_SKIP() << "needs script(1) for a terminal";
    }
    EXPECT_EQ(on_a_terminal("status --watch --json", "q").code, 64);
    const auto done = on_a_terminal("status --watch", "q");
    EXPECT_EQ(done.code, 0) << done.out;
    const auto begin = done.out.find("\x1b[?1049h");
    const auto drawn = done.out.find("Дверь");
    const auto end = done.out.find("\x1b[?1049l");
    ASSERT_NE(end, std::string::npos) << done.out;
    EXPECT_LT(begin, drawn);
    EXPECT_LT(drawn, end) << "the screen that was there comes back";
    EXPECT_EQ(agent.stop(), 0);
    const auto away = on_a_terminal("status --watch", "q");
    EXPECT_EQ(away.code, 0);
    EXPECT_NE(away.out.find("the agent does not answer"), std::string::npos) << away.out;
}

TEST_F(StatusCommands, FitTheTerminalAndHaveColoursThere) {
    if (!test::has_terminals()) {
        GTEST_SKIP() << "needs script(1) for a terminal";
    }
    ASSERT_EQ(agent.post("/v1/events", R"({"id":"4589691150480880065"})").status, 202U);
    const auto wide = on_a_terminal("queue list", "", "120");
    EXPECT_NE(wide.out.find("\x1b[1mEVENT ID\x1b[0m"), std::string::npos) << wide.out;
    EXPECT_NE(wide.out.find("4589691150480880065"), std::string::npos) << wide.out;
    const auto narrow = on_a_terminal("queue list --color never", "", "40");
    EXPECT_EQ(narrow.out.find('\x1b'), std::string::npos) << narrow.out;
    EXPECT_NE(narrow.out.find("EVENT ID    4589691150480880065\r\n"), std::string::npos)
        << narrow.out;
    EXPECT_NE(agent.cli({"queue", "list", "--color", "always"}).out.find('\x1b'),
              std::string::npos);
}

} // namespace

// A reload that is refused is said wherever somebody looks, until the file is mended.
#include "test/support/program.hpp"
#include "test/support/scripted_server.hpp"

#include <csignal>
#include <gtest/gtest.h>

namespace {

using nlohmann::json;

std::size_t count(const std::string& text, const std::string& part) {
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
        ++found;
    }
    return found;
}

test::Program::Sections with_more(const test::Program::Sections& more) {
    auto all = test::with_local_webhooks();
    for (const auto& [section, keys] : more) {
        for (const auto& [key, value] : keys) {
            all[section][key] = value;
        }
    }
    return all;
}

// Fault: bad configuration on SIGHUP | it is said until it is right
TEST(Reload, ThatIsRefusedIsSaidUntilTheFileIsMended) {
    test::Program agent{test::with_local_webhooks()};
    agent.folder().write("webhooks.json", "[]");
    agent.start();
    EXPECT_EQ(agent.cli({"check", "--reload"}).code, 0);
    EXPECT_EQ(json::parse(agent.cli({"check", "--reload", "--json"}).out),
              (json{{"findings", json::array()}, {"ok", true}}));
    agent.configure(with_more({{"queue", {{"max_age", "soon"}}}}));
    const auto judged = agent.cli({"check", "--reload"});
    EXPECT_EQ(judged.code, 78);
    EXPECT_EQ(judged.out, "");
    EXPECT_NE(judged.err.find("[queue] max_age = soon"), std::string::npos) << judged.err;
    const auto as_json = agent.cli({"check", "--reload", "--json"});
    EXPECT_EQ(as_json.code, 78);
    EXPECT_EQ(as_json.err, "");
    const auto document = json::parse(as_json.out);
    EXPECT_EQ(document["ok"], false);
    ASSERT_EQ(document["findings"].size(), 1U) << document;
    EXPECT_NE(document["findings"][0]["what"].get<std::string>().find("[queue] max_age = soon"),
              std::string::npos);
    EXPECT_EQ(document["findings"][0]["fix"], "fix it in " + agent.ini());
    EXPECT_EQ(agent.status()["config"]["stale"], false) << "only judged";

    agent.signal(SIGHUP);
    const auto stale = [](const json& status) { return status["config"]["stale"] == true; };
    ASSERT_TRUE(agent.wait_until(stale));
    const auto config = agent.status()["config"];
    EXPECT_EQ(config["path"], agent.ini());
    EXPECT_TRUE(config["refused_since"].is_string());
    ASSERT_EQ(config["errors"].size(), 1U);
    EXPECT_NE(config["errors"][0].get<std::string>().find("max_age = soon"), std::string::npos);
    EXPECT_NE(agent.get("/metrics").body.find("\nffl_agent_config_stale 1\n"), std::string::npos);
    const auto shown = agent.cli({"status"});
    EXPECT_EQ(shown.code, 0) << shown.err;
    EXPECT_TRUE(shown.out.starts_with("fail: the configuration on disk was refused")) << shown.out;
    EXPECT_NE(shown.out.find("max_age = soon"), std::string::npos) << shown.out;
    EXPECT_NE(shown.out.find("fix: correct it"), std::string::npos) << shown.out;

    agent.configure(test::with_local_webhooks());
    agent.signal(SIGHUP);
    ASSERT_TRUE(agent.wait_until([&](const json& status) { return !stale(status); }));
    EXPECT_EQ(agent.status()["config"]["errors"], json::array());
    EXPECT_NE(agent.get("/metrics").body.find("\nffl_agent_config_stale 0\n"), std::string::npos);

    agent.configure(with_more({{"queue", {{"sync", "normal"}}}}));
    agent.signal(SIGHUP);
    ASSERT_TRUE(agent.wait_until(stale));
    EXPECT_EQ(agent.status()["config"]["awaiting_restart"], json{"[queue] sync"});
    EXPECT_NE(agent.cli({"status"}).out.find("\nwarn  [queue] sync was changed"),
              std::string::npos);
}

TEST(Reload, IsJudgedByWhatASighupReads) {
    test::Program agent{test::with_local_webhooks()};
    for (const auto& [definitions, code] :
         {std::pair{"[]", 0}, {"{}", 78}, {"\xef\xbb\xbf[]", 0}}) {
        agent.folder().write("webhooks.json", definitions);
        EXPECT_EQ(agent.cli({"check", "--reload"}).code, code) << definitions;
    }
    agent.configure(with_more({{"delivery", {{"ca_file", "ca.pem"}}}}));
    agent.folder().write("ca.pem", "none");
    const auto tls = agent.cli({"check", "--reload"});
    EXPECT_EQ(tls.code, 78);
    EXPECT_NE(tls.err.find("[delivery] TLS files"), std::string::npos) << tls.err;
    // The service has its credential since the start, and need not share it with ExecReload=.
    agent.configure(with_more({{"server", {{"url", "http://127.0.0.1:9/"}, {"username", "a"}}}}));
    EXPECT_EQ(agent.cli({"check", "--reload"}).code, 0);
    agent.configure(with_more({{"server", {{"url", "http://127.0.0.1:9/"}}}}));
    EXPECT_EQ(agent.cli({"check", "--reload"}).code, 78) << "no username";
}

TEST(Warnings, OfTheConfigurationAreShownByCheckStatusAndOnceInTheLog) {
    test::Program agent{with_more(
        {{"webhook doro", {{"cooldown", "1s"}}}, {"server", {{"username", "a ; the door"}}}})};
    agent.folder().write("webhooks.json", R"([{"name":"door","target":"http://127.0.0.1:9/"}])");
    const std::string glob =
        "[webhook doro]: no webhook has a name that matches, so it has no effect";
    const std::string comment = "[server] username: a comment needs a line of its own";
    const auto check = agent.cli({"check"});
    EXPECT_EQ(check.code, 0) << check.out;
    EXPECT_NE(check.out.find("warn  " + glob), std::string::npos) << check.out;
    EXPECT_EQ(count(check.out, comment), 1U) << check.out;
    agent.start();
    for (const auto& says : {glob, comment}) {
        EXPECT_EQ(count(agent.status()["warnings"].dump(), json(says).dump().substr(1, 20)), 1U);
        EXPECT_EQ(count(agent.cli({"status"}).out, says), 1U);
    }
    EXPECT_EQ(agent.cli({"sync"}).code, 0);
    agent.signal(SIGHUP);
    ASSERT_TRUE(agent.wait_until([&](const auto&) { return count(agent.log(), "reloaded") == 1; }));
    EXPECT_EQ(count(agent.log(), "no webhook has a name that matches"), 1U) << agent.log();
    EXPECT_EQ(count(agent.log(), "a comment needs a line"), 1U) << agent.log();
}

} // namespace

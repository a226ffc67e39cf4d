// `ffl-agent send`: the forms of files that it takes, and what it says of others.
#include "test/support/program.hpp"
#include "test/support/scripted_server.hpp"

#include <filesystem>
#include <gtest/gtest.h>

namespace {

using nlohmann::json;

TEST(Send, AcceptsEveryForm) {
    test::ScriptedServer target{[](const test::Seen&) { return test::Answer{}; }};
    test::Program agent{test::with_local_webhooks()};
    agent.folder().write("webhooks.json",
                         json::array({{{"name", "all"}, {"target", target.url()}}}).dump());
    agent.start();
    const auto one = agent.folder().write("one.json", "{\"id\":\"1\",\"type\":\"face\"}\n");
    const auto two = agent.folder().write("two.json", R"([{"id":"2"}, {"id":"3"}])");
    const auto three = agent.folder().write("three.ndjson", "{\"id\":\"4\"}\n\n{\"id\":\"5\"}\r\n");
    const auto sent =
        agent.cli({"send", one, two, three, "-", "--json"}, R"({"id":"1","type":"face"})");
    ASSERT_EQ(sent.code, 0) << sent.err;
    EXPECT_EQ(json::parse(sent.out), (json{{"accepted", 6}, {"duplicates", 1}, {"deliveries", 5}}));
    EXPECT_TRUE(target.wait_for(5, std::chrono::seconds{20}));
    const auto bad = agent.folder().write("bad.json", R"([{"id":"6"},7])");
    const auto refused = agent.cli({"send", one, bad});
    EXPECT_EQ(refused.code, 65);
    EXPECT_NE(refused.err.find("event 1"), std::string::npos) << refused.err;
    EXPECT_EQ(agent.cli({"send", "/nowhere.json"}).code, 74);
}

TEST(Send, WhatQueueExportWritesIsNotTakenForEvents) {
    test::ScriptedServer target{[](const test::Seen&) { return test::Answer{503, {}, ""}; }};
    test::Program agent{test::with_local_webhooks()};
    agent.folder().write("webhooks.json", json::array({{{"name", "a"}, {"target", target.url()}},
                                                       {{"name", "b"}, {"target", target.url()}}})
                                              .dump());
    agent.start();
    const auto events = agent.folder().write(
        "events.ndjson", "{\"id\":\"1\",\"n\":1.50}\n{\"id\":\"2\",\"n\":12345678901234567890}\n");
    ASSERT_EQ(agent.cli({"send", events}).code, 0);
    const auto lines = agent.cli({"queue", "export"}).out;
    const auto exported = agent.folder().write("export.ndjson", lines);
    for (const auto* command : {"send", "explain"}) {
        const auto refused = agent.cli({command, exported});
        EXPECT_EQ(refused.code, 65);
        EXPECT_NE(refused.err.find("event 0: this is a delivery as `queue export` writes it"),
                  std::string::npos)
            << refused.err;
        EXPECT_NE(refused.err.find("ffl-agent send --from-export"), std::string::npos);
    }
    EXPECT_EQ(agent.cli({"queue", "drop", "--all", "--yes"}).code, 0);
    const auto nothing = agent.cli({"queue", "export"}).out;
    EXPECT_EQ(nothing, "");
    const auto of_nothing = agent.cli({"send", "--from-export", "-", "--json"}, nothing);
    EXPECT_EQ(of_nothing.code, 0) << of_nothing.err;
    EXPECT_EQ(json::parse(of_nothing.out),
              (json{{"accepted", 0}, {"duplicates", 0}, {"deliveries", 0}}));
    EXPECT_EQ(agent.cli({"send", "-"}, nothing).code, 65) << "no event where one is expected";
    EXPECT_EQ(agent.stop(), 0);
    std::filesystem::remove(agent.database()); // another device: it has not had the events
    agent.start();
    const auto sent = agent.cli({"send", "--from-export", exported, "--json"});
    ASSERT_EQ(sent.code, 0) << sent.err;
    EXPECT_EQ(json::parse(sent.out), (json{{"accepted", 2}, {"duplicates", 0}, {"deliveries", 4}}));
    const auto again = agent.cli({"queue", "export"}).out;
    EXPECT_NE(again.find(R"("event":{"id":"1","n":1.50})"), std::string::npos) << again;
    EXPECT_NE(again.find(R"("n":12345678901234567890})"), std::string::npos) << again;
    EXPECT_EQ(agent.cli({"send", "--from-export", events}).code, 65);
    const auto page =
        agent.cli({"send", "-"}, R"({"events":[{"type":"face"},{"type":"car"}],"total":2})");
    EXPECT_EQ(page.code, 0);
    EXPECT_NE(page.err.find("warning: -: event 0: this looks like an envelope"), std::string::npos)
        << page.err;
    const auto bom =
        agent.folder().write("bom.json", "\xef\xbb\xbf{\"id\":\"9\",\"type\":\"face\"}");
    EXPECT_EQ(agent.cli({"send", bom}).code, 0);
    EXPECT_EQ(agent.post("/v1/events", "\xef\xbb\xbf{\"id\":\"10\",\"type\":\"face\"}").status,
              400U);
}

} // namespace

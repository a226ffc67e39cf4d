// What a person is told about an event or a definition that is not what it was meant to be: the
// whole program.
#include "test/support/program.hpp"
#include "test/support/scripted_server.hpp"
#include "test/support/simulator.hpp"

#include <gtest/gtest.h>

namespace {

using nlohmann::json;

test::Finished explain(const std::string& event, const std::string& definition) {
    const test::TempFolder folder;
    const auto webhooks = folder.write("webhooks.json", definition);
    return test::run_program({FFL_BINARY, "explain", "-", "--webhooks", webhooks}, event);
}

TEST(Explain, SaysWhatWasFoundAndWhatIsNeeded) {
    const auto definition = R"([{"name":"a","target":"http://h/","filters":{"camera_in":[1]}}])";
    EXPECT_EQ(explain(R"({"camera":"1"})", definition).out,
              "local:a \"a\": does not match: camera_in requires [1], found \"1\" (a string; an "
              "integer is needed)\n");
    EXPECT_EQ(explain("{}", definition).out,
              "local:a \"a\": does not match: camera_in requires [1], found null (the event has no "
              "camera)\n");
    EXPECT_EQ(
        explain(R"({"events":[{"camera":1}]})", definition).out,
        "note: this looks like an envelope around events, not like an event: \"events\" holds "
        "a list of 1; send what is inside\n"
        "local:a \"a\": does not match: camera_in requires [1], found null (the event has no "
        "camera)\n");
}

TEST(Explain, SaysThatFiltersAreMisspelt) {
    const auto out =
        explain("{}", R"([{"name":"a","target":"http://h/","Filters":{"camera_in":[1]}}])").out;
    EXPECT_NE(out.find("did you mean \"filters\"?"), std::string::npos) << out;
}

TEST(Send, WarnsOfAnEnvelope) {
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}}}};
    agent.folder().write("webhooks.json", "[]");
    agent.start();
    const auto sent = agent.cli({"send", "-"}, R"([{"id":"1"},{"data":{"camera":1}}])");
    EXPECT_EQ(sent.code, 0);
    EXPECT_EQ(sent.out, "accepted 2, duplicates 0, deliveries 0\n");
    EXPECT_EQ(sent.err,
              "ffl-agent: warning: -: event 1: this looks like an envelope around events, "
              "not like an event: \"data\" holds an object; send what is inside\n");
    EXPECT_NE(agent.log().find("an accepted event says nothing"), std::string::npos) << agent.log();
}

TEST(MisspeltFilters, AreRefusedByTheCommandsAndByTheLocalFile) {
    test::Simulator server;
    test::Program agent{
        {{"webhooks", {{"file", "webhooks.json"}}},
         {"server",
          {{"url", server.url()}, {"username", "device"}, {"password_file", "password"}}}}};
    agent.folder().write("password", "secret\n");
    agent.folder().write("webhooks.json", "[]");
    const auto bad = R"({"name":"a","target":"http://127.0.0.1:9/","filter":{"camera_in":[1]}})";
    for (const auto& command : std::vector<std::vector<std::string>>{
             {"webhook", "create", "-"}, {"webhook", "update", "1", "-"}}) {
        const auto refused = agent.cli(command, bad);
        EXPECT_EQ(refused.code, 65);
        EXPECT_NE(refused.err.find(R"(unknown key "filter": did you mean "filters"?)"),
                  std::string::npos)
            << refused.err;
    }
    agent.start();
    // Whoever else created it: it is not served.
    ASSERT_EQ(server.add(json::parse(bad)), 1);
    EXPECT_EQ(agent.cli({"sync"}).code, 0);
    const auto webhook = agent.status()["webhooks"][0];
    EXPECT_EQ(webhook["state"], "unsupported") << webhook;
    EXPECT_NE(webhook["reason"].get<std::string>().find("did you mean"), std::string::npos);
    agent.folder().write("webhooks.json", std::string{"["} + bad + "]");
    const auto refused = agent.cli({"sync"});
    EXPECT_EQ(refused.code, 78) << refused.err;
    EXPECT_NE(refused.err.find("did you mean \"filters\"?"), std::string::npos) << refused.err;
}

} // namespace

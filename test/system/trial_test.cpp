// The commands for those who try the agent out: test, demo and receive.
#include "test/support/program.hpp"
#include "test/support/receiver.hpp"
#include "test/support/scripted_server.hpp"

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>
#include <regex>

namespace {

std::string first_match(const std::string& text, const std::string& pattern) {
    std::smatch found;
    return std::regex_search(text, found, std::regex{pattern}) ? found[1].str() : std::string{};
}

TEST(Demo, ShowsAnAgentAtWorkAndLeavesNothing) {
    test::Running demo{{FFL_BINARY, "demo"}};
    const auto output = demo.wait_for("callback  /door");
    EXPECT_NE(output.find("demo-1  face, camera 1, card 7, confidence 0.93  -> accepted"),
              std::string::npos)
        << output;
    const auto ini = first_match(output, "FFL_AGENT_CONFIG=(\\S+)");
    ASSERT_TRUE(std::filesystem::exists(ini)) << output;
    const auto status = test::run_program({FFL_BINARY, "status", "--json", "--config", ini});
    ASSERT_EQ(status.code, 0) << status.err;
    EXPECT_EQ(nlohmann::json::parse(status.out).at("webhooks").size(), 4U);
    EXPECT_EQ(demo.interrupt(), 0);
    EXPECT_FALSE(std::filesystem::exists(std::filesystem::path{ini}.parent_path()));
}

TEST(Demo, SaysThatItsPortIsTaken) {
    // As an agent of somebody else answers.
    test::ScriptedServer other{[](const test::Seen&) { return test::Answer{200, {}, "{}"}; }};
    const auto port = std::to_string(other.port());
    const auto demo = test::run_program({FFL_BINARY, "demo", "--port", port});
    EXPECT_EQ(demo.code, 74);
    EXPECT_NE(demo.err.find("[ingest] listen"), std::string::npos) << demo.err;
    EXPECT_EQ(demo.out.find("Page"), std::string::npos) << demo.out;
    EXPECT_EQ(other.seen().size(), 0U) << "it is not asked, and gets no sample events";
}

TEST(Receive, PrintsCallbacksAndJudgesTheirSignatures) {
    const test::TempFolder folder;
    const auto secret = folder.write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n");
    test::Running receive{{FFL_BINARY, "receive", "--port", "0", "--secret-file", secret}};
    const auto url =
        first_match(receive.wait_for("until Ctrl-C"), "receiving at (http://127.0.0.1:[0-9]+)/");

    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}},
                         {"delivery", {{"signing_secret_file", secret}}}}};
    (void)agent.folder().write(
        "webhooks.json",
        nlohmann::json::array({{{"name", "door"}, {"target", url + "/door"}}}).dump());
    agent.start();
    EXPECT_EQ(agent.post("/v1/events", R"({"type":"face","camera":3})").status, 202U);
    (void)receive.wait_for("callback  /door  face, camera 3  attempt 1  signature ok");
    EXPECT_EQ(agent.stop(), 0);
    EXPECT_EQ(receive.interrupt(), 0);
}

TEST(Receive, RefusesWhatItCannotUse) {
    const test::TempFolder folder;
    const auto bad = folder.write("secret", "not a secret\n");
    EXPECT_EQ(test::run_program({FFL_BINARY, "receive", "--secret-file", bad}).code, 65);
    EXPECT_EQ(test::run_program({FFL_BINARY, "receive", "--port", "70000"}).code, 64);
    test::Receiver other;
    const auto taken =
        test::run_program({FFL_BINARY, "receive", "--port", std::to_string(other.port())});
    EXPECT_EQ(taken.code, 74) << "an address that cannot be used";
    EXPECT_EQ(taken.out, "");
    EXPECT_EQ(test::run_program({FFL_BINARY, "receive", "--status", "99"}).code, 64);
}

TEST(TestCommand, SaysWhetherTheTargetWorks) {
    test::Receiver target;
    target.answer_at("/broken", 500);
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}}}};
    (void)agent.folder().write(
        "webhooks.json",
        nlohmann::json::array({{{"name", "front door"},
                                {"target", target.url("/door")},
                                {"filters", {{"type_in", "car"}, {"camera_in", {5}}}}},
                               {{"name", "broken"}, {"target", target.url("/broken")}}})
            .dump());
    agent.start();
    const auto good = agent.cli({"test", "front door"});
    EXPECT_EQ(good.code, 0) << good.err;
    EXPECT_EQ(good.out.find("front door: delivered in "), 0U) << good.out;
    const auto callbacks = target.callbacks();
    ASSERT_EQ(callbacks.size(), 1U);
    EXPECT_EQ(callbacks.front().type, "car") << "the sample fits the filters";
    EXPECT_EQ(target.server().seen().front().header("ffl-test"), "1");

    const auto bad = agent.cli({"test", "broken", "-"}, R"({"type":"face"})");
    EXPECT_EQ(bad.code, 1) << bad.out;
    EXPECT_NE(bad.out.find("500 Internal Server Error"), std::string::npos) << bad.out;
    EXPECT_EQ(agent.cli({"test", "fron door"}).code, 65);
    for (const auto* input : {"", " \n", R"([{"type":"face"},{"type":"face"}])", "[]", "{"}) {
        const auto refused = agent.cli({"test", "front door", "-"}, input);
        EXPECT_EQ(refused.code, 65) << input;
        EXPECT_EQ(refused.err.find("ffl-agent: -: "), 0U) << refused.err;
    }
    EXPECT_EQ(std::ranges::count(target.callbacks(), "/door", &test::Callback::path), 1)
        << "no sample in place of a file without an event";
    const auto status = agent.status();
    for (const auto& webhook : status["webhooks"]) {
        for (const auto* counter : {"matched", "delivered", "failed"}) {
            EXPECT_EQ(webhook[counter], 0) << webhook.dump();
        }
    }
    const auto list = agent.cli({"events", "--json"});
    EXPECT_NE(list.out.find("\"test\":true"), std::string::npos) << list.out;
    EXPECT_EQ(agent.stop(), 0);
}

TEST(TestCommand, SaysWithoutAnEventListWhetherTheTargetWorks) {
    test::Receiver target;
    target.answer_at("/broken", 500);
    test::Program agent{
        {{"webhooks", {{"file", "webhooks.json"}}}, {"ingest", {{"event_list", "0"}}}}};
    (void)agent.folder().write(
        "webhooks.json",
        nlohmann::json::array({{{"name", "door"}, {"target", target.url("/door")}},
                               {{"name", "broken"}, {"target", target.url("/broken")}}})
            .dump());
    agent.start();
    const auto good = agent.cli({"test", "door"});
    EXPECT_EQ(good.code, 0) << good.err;
    EXPECT_NE(good.out.find("has left the queue: delivered"), std::string::npos) << good.out;
    const auto bad = agent.cli({"test", "broken"});
    EXPECT_EQ(bad.code, 1) << bad.out;
    EXPECT_NE(bad.out.find("500 Internal Server Error"), std::string::npos) << bad.out;
    const auto id = first_match(bad.out, "see `ffl-agent queue show ([0-9.]+)`");
    EXPECT_EQ(agent.cli({"queue", "show", id}).code, 0) << bad.out;
    const auto document = nlohmann::json::parse(agent.cli({"test", "broken", "--json"}).out);
    EXPECT_EQ(document["state"], "waiting");
    EXPECT_EQ(document["name"], "broken");
    EXPECT_EQ(document["last_status"], 500);
    EXPECT_EQ(agent.stop(), 0);
}

} // namespace

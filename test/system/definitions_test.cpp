// Where definitions come from, and what is served while the server is away: the whole program
// against the simulated FindFace Lite.
#include "common/base/file.hpp"
#include "test/support/program.hpp"
#include "test/support/receiver.hpp"
#include "test/support/simulator.hpp"

#include <gtest/gtest.h>

namespace {

using nlohmann::json;
using test::Simulator;
using ServerFault = test::Simulator::Fault;
using On = test::Simulator::On;

constexpr std::chrono::seconds patience{20};

class Definitions : public testing::Test {
  protected:
    Definitions() : agent_{sections()} { agent_.folder().write("password", "secret\n"); }

    [[nodiscard]] test::Program::Sections sections() const {
        return {{"server",
                 {{"url", server_.url()}, {"username", "device"}, {"password_file", "password"}}}};
    }
    /// A definition without filters whose target is the receiver.
    json everything(const std::string& name, const std::string& path = "/all") {
        return {{"name", name}, {"target", receiver_.url(path)}};
    }
    test::Finished sync() { return agent_.cli({"sync", "--json"}); }

    Simulator server_;
    test::Receiver receiver_;
    test::Program agent_;
};

std::string data(const std::string& name) {
    return *common::read_file(std::string{FFL_TEST_DATA} + "/" + name);
}

TEST_F(Definitions, TheManualsExampleIsCreatedServedAndMatchesExactly) {
    agent_.start();
    auto definition = json::parse(data("manual_webhook.json"));
    definition["target"] = receiver_.url("/webhok_test");
    const auto created = agent_.cli({"webhook", "create", "-", "--json"}, definition.dump());
    ASSERT_EQ(created.code, 0) << created.err;
    auto echoed = definition;
    echoed["id"] = 1;
    EXPECT_EQ(json::parse(created.out), echoed);
    EXPECT_EQ(json::parse(sync().out),
              (json{{"added", {"1"}}, {"changed", json::array()}, {"removed", json::array()}}));
    const auto exact = agent_.post("/v1/events", data("manual_event.json"));
    EXPECT_EQ(json::parse(exact.body),
              (json{{"accepted", 1}, {"duplicates", 0}, {"deliveries", 1}}));
    const auto beside = agent_.post("/v1/events", data("manual_event_yaw_3.4999.json"));
    EXPECT_EQ(json::parse(beside.body),
              (json{{"accepted", 1}, {"duplicates", 0}, {"deliveries", 0}}));
    ASSERT_TRUE(receiver_.wait_for(1, patience));
    const auto callbacks = receiver_.callbacks();
    ASSERT_EQ(callbacks.size(), 1U);
    EXPECT_EQ(json::parse(callbacks[0].body), json::parse(data("manual_event.json")));
}

TEST_F(Definitions, WithoutAnyDefinitionsEventsAreAnsweredWith503) {
    server_.fail(On::webhooks, ServerFault::error_500);
    agent_.start();
    const auto refused = agent_.post("/v1/events", R"({"type":"face"})");
    EXPECT_EQ(refused.status, 503U);
    EXPECT_TRUE(common::find_header(refused.headers, "Retry-After"));
    EXPECT_EQ(agent_.get("/readyz").status, 503U);
    EXPECT_EQ(agent_.get("/livez").status, 200U);
    server_.fail(On::webhooks, ServerFault::none);
    EXPECT_EQ(sync().code, 0);
    EXPECT_EQ(agent_.post("/v1/events", R"({"type":"face"})").status, 202U);
    EXPECT_EQ(agent_.get("/readyz").status, 200U);
}

// Fault: the FindFace server is down | the last good list serves
TEST_F(Definitions, TheCachedListServesWithoutTheServer) {
    server_.add(everything("door"));
    agent_.start();
    ASSERT_TRUE(
        agent_.wait_until([](const json& status) { return status["webhooks"].size() == 1; }));
    agent_.kill();
    server_.server().stop();
    agent_.start();
    const auto accepted = agent_.post("/v1/events", R"({"id":"1","type":"face"})");
    EXPECT_EQ(accepted.status, 202U);
    EXPECT_TRUE(receiver_.wait_for(1, patience));
    ASSERT_TRUE(agent_.wait_until(
        [](const json& status) { return status["server"]["state"] == "failing"; }));
    EXPECT_NE(agent_.status()["server"]["last_error"].get<std::string>().find("refused"),
              std::string::npos);
}

// Fault: the server's list moves or breaks off while it is read | the last good list serves
TEST_F(Definitions, ABrokenListChangesNothing) {
    const auto door = server_.add(everything("door"));
    agent_.start();
    ASSERT_TRUE(
        agent_.wait_until([](const json& status) { return status["webhooks"].size() == 1; }));
    const auto before = agent_.status()["webhooks"];
    const auto gate = server_.add(everything("gate"));
    const auto expect_unchanged = [&](const std::string& says) {
        SCOPED_TRACE(says);
        const auto failed = sync();
        EXPECT_EQ(failed.code, 69) << failed.err;
        EXPECT_EQ(agent_.status()["webhooks"], before);
        const auto error = agent_.status()["server"]["last_error"];
        ASSERT_TRUE(error.is_string());
        EXPECT_NE(error.get<std::string>().find(says), std::string::npos) << error;
    };
    server_.fail(On::webhooks, ServerFault::error_500);
    expect_unchanged("500");
    server_.fail(On::webhooks, ServerFault::html);
    expect_unchanged("HTML");
    server_.fail(On::webhooks, ServerFault::cut);
    expect_unchanged("");
    server_.fail(On::webhooks, ServerFault::reset);
    expect_unchanged("");
    server_.fail(On::webhooks, ServerFault::none);
    server_.answer_lists_with(
        R"({"results":[{"name":"x","target":"http://127.0.0.1/"}],"next_page":null})");
    expect_unchanged("id");
    server_.answer_lists_with(R"({"detail":"nothing here"})");
    expect_unchanged("");
    server_.answer_lists_with("[{\"id\":1");
    expect_unchanged("");
    server_.answer_lists_with(std::nullopt);
    EXPECT_EQ(sync().code, 0);
    EXPECT_EQ(agent_.status()["webhooks"].size(), 2U);
    server_.remove(door);
    EXPECT_EQ(json::parse(sync().out)["removed"], json::array({std::to_string(door)}));
    server_.answer_lists_with("[]");
    EXPECT_EQ(sync().code, 69);
    EXPECT_EQ(agent_.status()["webhooks"].size(), 1U) << "the server still has it by its id";
    server_.remove(gate);
    EXPECT_EQ(sync().code, 0);
    EXPECT_EQ(agent_.status()["webhooks"].size(), 0U) << "a valid empty list removes all";
}

// Fault: the login is refused | it is not tried in a storm
TEST_F(Definitions, AWrongPasswordIs77WithoutAStormOfLogins) {
    agent_.folder().write("password", "wrong\n");
    agent_.start();
    EXPECT_EQ(sync().code, 77);
    EXPECT_EQ(agent_.cli({"webhook", "list"}).code, 77);
    EXPECT_LE(server_.logins(), 5U);
    EXPECT_EQ(agent_.log().find("wrong"), std::string::npos) << "no secret in the log";
}

TEST_F(Definitions, AnUnknownFilterIsNotServed) {
    server_.add(everything("door"));
    server_.add(
        {{"name", "age"}, {"target", receiver_.url("/age")}, {"filters", {{"age_gte", 18}}}});
    agent_.start();
    ASSERT_TRUE(
        agent_.wait_until([](const json& status) { return status["webhooks"].size() == 2; }));
    const auto age = agent_.status()["webhooks"][1];
    EXPECT_EQ(age["state"], "unsupported");
    EXPECT_NE(age["reason"].get<std::string>().find("age_gte"), std::string::npos);
    EXPECT_EQ(json::parse(agent_.post("/v1/events", R"({"type":"face"})").body)["deliveries"], 1);
}

TEST_F(Definitions, ATargetsPasswordIsNeverShown) {
    for (const auto* target : {"http://user:hunter2@h/", "ftp://user:hunter2@h/",
                               "http://user:hunter2@@h/", "user:hunter2@h"}) {
        SCOPED_TRACE(target);
        const auto id = server_.add({{"name", "secret"}, {"target", target}});
        for (const auto& args :
             std::vector<std::vector<std::string>>{{"webhook", "list"},
                                                   {"webhook", "list", "--json"},
                                                   {"webhook", "show", std::to_string(id)}}) {
            SCOPED_TRACE(testing::PrintToString(args));
            const auto done = agent_.cli(args);
            EXPECT_EQ(done.code, 0) << done.err;
            EXPECT_EQ((done.out + done.err).find("hunter2"), std::string::npos)
                << done.out << done.err;
        }
        server_.remove(id);
    }
}

TEST_F(Definitions, WhatIsShownOfALoginDoesNotReplaceIt) {
    const auto target = "http://user:hunter2@h/door?key=hunter2";
    const auto id = server_.add({{"name", "door"}, {"target", target}});
    for (const auto& command : std::vector<std::vector<std::string>>{
             {"webhook", "show", "door", "--json"}, {"webhook", "list", "--json"}}) {
        const auto shown = json::parse(agent_.cli(command).out);
        EXPECT_EQ((shown.is_array() ? shown[0] : shown)["target"], "http://***@h/door?key=***");
    }
    auto saved = json::parse(agent_.cli({"webhook", "show", "door", "--json"}).out);
    saved["target"] = "http://***@h/door"; // as it is shown where there is no query
    saved["send_attempts"] = 7;
    const auto refused = agent_.cli({"webhook", "update", "door", "-"}, saved.dump());
    EXPECT_EQ(refused.code, 65);
    EXPECT_NE(refused.err.find("target: found ***@"), std::string::npos) << refused.err;
    EXPECT_EQ(agent_.cli({"webhook", "create", "-"}, saved.dump()).code, 65);
    EXPECT_EQ(server_.webhooks().at(id)["target"], target);
    saved.erase("target");
    const auto updated = agent_.cli({"webhook", "update", "door", "-", "--json"}, saved.dump());
    ASSERT_EQ(updated.code, 0) << updated.err;
    EXPECT_EQ(server_.webhooks().at(id)["send_attempts"], 7);
    EXPECT_EQ(server_.webhooks().at(id)["target"], target);
    EXPECT_EQ(json::parse(updated.out)["target"], "http://***@h/door?key=***");
}

TEST_F(Definitions, WebhooksOfTheServerMayBeNamed) {
    const auto door = server_.add(everything("door"));
    server_.add(everything("gate"));
    const auto twin = server_.add(everything("gate"));
    const auto shown = agent_.cli({"webhook", "show", "door", "--json"});
    ASSERT_EQ(shown.code, 0) << shown.err;
    EXPECT_EQ(json::parse(shown.out)["id"], door);
    const auto updated = agent_.cli({"webhook", "update", "door", "-"}, R"({"send_attempts":7})");
    EXPECT_EQ(updated.code, 0) << updated.err;
    struct Wrong {
        std::string given, says;
    };
    for (const auto& [given, says] :
         {Wrong{"dor", R"(there is no webhook "dor": did you mean "door"?)"},
          Wrong{"gate", R"(the name "gate" is that of 2 webhooks: expected a key, one of: )"},
          Wrong{"local:door", "local:door is a webhook of the local file"}}) {
        for (const auto* command : {"show", "delete"}) {
            const auto done = agent_.cli({"webhook", command, given});
            EXPECT_EQ(done.code, 65) << done.err;
            EXPECT_EQ(done.out, "");
            EXPECT_NE(done.err.find(says), std::string::npos) << done.err;
        }
    }
    EXPECT_EQ(agent_.cli({"webhook", "delete", "door"}).out,
              "deleted " + std::to_string(door) + "\n");
    EXPECT_EQ(agent_.cli({"webhook", "delete", std::to_string(twin)}).code, 0);
    EXPECT_EQ(agent_.cli({"webhook", "show", "gate"}).code, 0) << "of one name there is one now";
}

TEST_F(Definitions, ADefinitionMayBeDeactivatedRetargetedAndRemoved) {
    receiver_.answer(503);
    const auto id = server_.add(everything("door"));
    agent_.start();
    ASSERT_TRUE(
        agent_.wait_until([](const json& status) { return status["webhooks"].size() == 1; }));
    ASSERT_EQ(agent_.post("/v1/events", R"({"id":"1","type":"face"})").status, 202U);
    ASSERT_TRUE(receiver_.wait_for(1, patience));
    auto inactive = everything("door");
    inactive["active"] = false;
    server_.change(id, inactive);
    ASSERT_EQ(sync().code, 0);
    EXPECT_EQ(agent_.status()["webhooks"][0]["state"], "inactive");
    EXPECT_EQ(agent_.status()["webhooks"][0]["pending"], 1) << "the delivery waits";
    receiver_.answer(200);
    server_.change(id, everything("door", "/moved"));
    ASSERT_EQ(sync().code, 0);
    ASSERT_TRUE(
        agent_.wait_until([](const json& status) { return status["queue"]["pending"] == 0; }));
    EXPECT_EQ(receiver_.received("/moved"), std::set<std::string>{"1"})
        << "pending deliveries go to the new target";
    receiver_.answer(503);
    ASSERT_EQ(agent_.post("/v1/events", R"({"id":"2","type":"face"})").status, 202U);
    server_.remove(id);
    ASSERT_EQ(sync().code, 0);
    ASSERT_TRUE(agent_.wait_until([](const json& status) { return status["queue"]["dead"] == 1; }))
        << agent_.status();
    const auto dead = json::parse(agent_.cli({"queue", "list", "--json"}).out)["deliveries"][0];
    EXPECT_EQ(dead["last_error"], "webhook removed");
}

TEST_F(Definitions, ExpiringTokensAreRenewed) {
    server_.add(everything("door"));
    agent_.start();
    ASSERT_TRUE(
        agent_.wait_until([](const json& status) { return status["server"]["state"] == "ok"; }));
    const auto logins = server_.logins();
    server_.revoke_tokens();
    EXPECT_EQ(sync().code, 0) << "one new login, one repeat";
    EXPECT_EQ(server_.logins(), logins + 1);
}

} // namespace

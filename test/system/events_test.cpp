// What became of the last events, as a person asks for it: the whole program.
#include "test/support/program.hpp"
#include "test/support/receiver.hpp"
#include "test/support/scripted_server.hpp"

#include <atomic>
#include <gtest/gtest.h>

namespace {

using nlohmann::json;

struct EventsProgram : ::testing::Test {
    EventsProgram() {
        agent.folder().write("webhooks.json",
                             json::array({{{"name", "door"}, {"target", receiver.url()}},
                                          {{"name", "gate"},
                                           {"target", receiver.url()},
                                           {"filters", {{"camera_in", {1}}, {"type_in", "car"}}}}})
                                 .dump());
        agent.start();
    }
    json events(const std::string& query = "") const {
        return json::parse(agent.get("/v1/events" + query).body)["events"];
    }
    /// Waits until the newest event is delivered to the door.
    bool delivered() const {
        return agent.wait_until([&](const json&) {
            const auto all = events("?limit=1&webhook=door");
            return !all.empty() && !all[0].contains("refused") &&
                   all[0]["webhooks"][0]["state"] == "delivered";
        });
    }
    test::Receiver receiver;
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}}}};
};

TEST_F(EventsProgram, ShowsADeliveryAndWhyTheOtherWebhookDidNotGetIt) {
    EXPECT_EQ(agent.post("/v1/events", R"({"id":"e1","type":"face","camera":3})").status, 202U);
    ASSERT_TRUE(delivered()) << events();
    const auto table = agent.cli({"events"});
    EXPECT_EQ(table.code, 0) << table.err;
    EXPECT_NE(table.out.find("door: delivered in "), std::string::npos) << table.out;
    EXPECT_NE(table.out.find("gate: not matched, "), std::string::npos) << table.out;
    for (const auto* which : {"e1", "1"}) {
        const auto one = agent.cli({"explain", "--event", which});
        EXPECT_EQ(one.code, 0) << one.err;
        EXPECT_NE(one.out.find("camera_in wants [1], found 3\n"), std::string::npos) << one.out;
        EXPECT_NE(one.out.find(R"(type_in wants "car", found "face")"), std::string::npos)
            << one.out;
        EXPECT_NE(one.out.find("attempt 1 at "), std::string::npos) << one.out;
    }
    EXPECT_EQ(json::parse(agent.cli({"events", "--json"}).out)["last"], 1);
    EXPECT_EQ(agent.cli({"explain", "--event", "e2"}).code, 65);
    EXPECT_EQ(agent.cli({"explain", "--event", "2"}).code, 65);
    EXPECT_EQ(agent.cli({"explain"}).code, 64);
    EXPECT_EQ(agent.cli({"events", "--webhook", "dor"}).code, 65);
}

TEST_F(EventsProgram, ShowsRefusedProducersAndWarnsOfThem) {
    EXPECT_EQ(agent.post("/v1/events", "{", {}).status, 400U);
    EXPECT_EQ(agent.post("/v1/events", "a=1", {{"Content-Type", "text/csv"}}).status, 415U);
    EXPECT_EQ(agent.post("/v1/event", "{}").status, 404U);
    EXPECT_EQ(agent.post("/v1/explain", "{").status, 400U) << "no producer";
    const auto all = events();
    ASSERT_EQ(all.size(), 3U) << all;
    EXPECT_EQ(all[2]["refused"]["status"], 400);
    EXPECT_EQ(all[1]["refused"]["status"], 415);
    EXPECT_EQ(all[0]["refused"]["status"], 404);
    EXPECT_EQ(all[0]["refused"]["from"], "127.0.0.1");
    ASSERT_TRUE(agent.wait_for_log("a producer's request is refused status=400")) << agent.log();
    EXPECT_EQ(agent.log().find("status=415"), std::string::npos) << "once a minute";
    const auto table = agent.cli({"events"});
    EXPECT_NE(table.out.find("415: "), std::string::npos) << table.out;
}

TEST_F(EventsProgram, BeginsAnewWithARestart) {
    EXPECT_EQ(agent.post("/v1/events", R"({"id":"e1","camera":3})").status, 202U);
    ASSERT_TRUE(delivered());
    EXPECT_EQ(agent.stop(), 0);
    agent.start();
    EXPECT_EQ(events(), json::array());
    EXPECT_EQ(agent.post("/v1/events", R"({"id":"e2","camera":3})").status, 202U);
    ASSERT_TRUE(delivered()) << "the rows of the run before do not confuse it";
}

json entry(int seq, double age_s) {
    return {{"seq", seq},
            {"at", "2026-11-28T16:43:00.123Z"},
            {"age_s", age_s},
            {"id", "e" + std::to_string(seq)},
            {"webhooks", json::array({{{"key", "1"}, {"state", "waiting"}, {"attempts", 0}}})}};
}

test::Answer list_of(const char* id, int last, json events) {
    return {200, {}, json{{"list_id", id}, {"last", last}, {"events", std::move(events)}}.dump()};
}

TEST(FollowedEvents, AreWholeAcrossARestartThatAcceptsMoreEventsAtOnceThanThereWereBefore) {
    std::atomic<int> asked = 0;
    test::ScriptedServer agent{[&](const test::Seen& seen) {
        switch (++asked) {
        case 1:
            return list_of("first", 1, json::array({entry(1, 5.0)}));
        case 2:
            return list_of("first", 2, json::array({entry(2, 0.1)})); // not settled
        case 3:
            return list_of("second", 9, json::array({entry(9, 5.0)})); // behind 1 of another list
        default:
            const bool whole = seen.target.find("after=") == std::string::npos;
            return list_of("second", 9,
                           whole ? json::array({entry(9, 5.0), entry(1, 5.0)}) : json::array());
        }
    }};
    const test::Program settings{
        {{"ingest", {{"listen", "127.0.0.1:" + std::to_string(agent.port())}}},
         {"webhooks", {{"file", "webhooks.json"}}}}};
    const test::Running follow{
        {FFL_BINARY, "events", "--follow", "--json", "--config", settings.ini()}};
    const auto output = follow.wait_for(R"("seq":9)");
    std::vector<std::string> ids;
    for (auto at = output.find("\"id\":\""); at != std::string::npos;
         at = output.find("\"id\":\"", at + 1)) {
        ids.push_back(output.substr(at + 6, 2));
    }
    EXPECT_EQ(ids, (std::vector<std::string>{"e1", "e2", "e1", "e9"})) << output;
    EXPECT_NE(output.find("the agent was restarted"), std::string::npos) << output;
}

TEST(FollowedEvents, BeginWithTheLastThatWereAskedFor) {
    for (const auto& row : {std::pair{json::array({entry(900, 0.1)}), "after=899"},
                            std::pair{json::array(), "after=900"}}) {
        test::ScriptedServer agent{
            [&](const test::Seen&) { return list_of("list", 900, row.first); }};
        const test::Program settings{
            {{"ingest", {{"listen", "127.0.0.1:" + std::to_string(agent.port())}}},
             {"webhooks", {{"file", "webhooks.json"}}}}};
        const test::Running follow{
            {FFL_BINARY, "events", "--follow", "--limit", "1", "--config", settings.ini()}};
        ASSERT_TRUE(agent.wait_for(2, std::chrono::seconds{20}));
        EXPECT_NE(agent.seen()[0].target.find("limit=1"), std::string::npos);
        EXPECT_NE(agent.seen()[1].target.find(row.second), std::string::npos)
            << agent.seen()[1].target;
    }
}

} // namespace

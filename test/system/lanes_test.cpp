// One target hangs, one resets connections, one always answers 503 and one works: the whole program
// against real sockets.
#include "test/support/definition.hpp"
#include "test/support/program.hpp"
#include "test/support/scripted_server.hpp"

#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <set>

namespace {

using nlohmann::json;
using test::Answer;
using test::definition;
using test::webhook_named;

std::string car_at_camera(int number) {
    return json{{"id", "event-" + std::to_string(number)}, {"type", "car"}, {"camera", 7}}.dump();
}

// Fault: targets that hang or are slow | others are not delayed
TEST(Lanes, ABrokenTargetDelaysNoOther) {
    test::ScriptedServer fine{[](const test::Seen&) { return Answer{}; }};
    test::ScriptedServer hanging{[](const test::Seen&) {
        return Answer{200, {}, "", Answer::Fault::hang};
    }};
    test::ScriptedServer resetting{[](const test::Seen&) {
        return Answer{200, {}, "", Answer::Fault::reset};
    }};
    test::ScriptedServer refusing{[](const test::Seen&) {
        return Answer{503, {}, "", Answer::Fault::none};
    }};
    // The time-out is longer than the test waits: if anything waited for the hanging target, the
    // test would fail.
    test::Program agent{
        {{"webhooks", {{"file", "webhooks.json"}}}, {"delivery", {{"timeout", "60s"}}}}};
    agent.folder().write(
        "webhooks.json",
        json::array({definition("hanging", hanging.url()), definition("resetting", resetting.url()),
                     definition("refusing", refusing.url()), definition("fine", fine.url())})
            .dump());
    agent.start();
    constexpr int events = 200;
    for (int i = 0; i < events; ++i) {
        ASSERT_EQ(agent.post("/v1/events", car_at_camera(i)).status, 202U);
    }
    ASSERT_TRUE(fine.wait_for(events, std::chrono::seconds{20})) << fine.count() << agent.log();
    ASSERT_TRUE(agent.wait_until(
        [](const json& status) { return webhook_named(status, "fine")["delivered"] == events; }));
    const auto status = agent.status();
    EXPECT_EQ(webhook_named(status, "hanging")["pending"], events);
    EXPECT_EQ(webhook_named(status, "resetting")["pending"], events);
    EXPECT_EQ(webhook_named(status, "refusing")["pending"], events);
    EXPECT_EQ(webhook_named(status, "refusing")["last_error"], "503 Service Unavailable");
    std::set<std::string> ids;
    for (const auto& seen : fine.seen()) {
        ids.insert(seen.header("webhook-id"));
    }
    EXPECT_EQ(ids.size(), events) << "each exactly once";
    EXPECT_EQ(fine.count(), events);
    // If every attempt were logged, there would be hundreds of lines by now.
    const auto log = agent.log();
    EXPECT_LT(std::count(log.begin(), log.end(), '\n'), 40) << log;
}

// Fault: a target is down | it gets everything once it is back, once
TEST(Lanes, ATargetThatWasDownGetsEverythingOnce) {
    std::mutex mutex;
    std::map<std::string, std::set<std::string>> ids_of_event;
    std::map<std::string, int> times;
    test::ScriptedServer target{[&](const test::Seen& seen) {
        const std::lock_guard lock{mutex};
        const auto id = json::parse(seen.body)["id"].get<std::string>();
        ids_of_event[id].insert(seen.header("webhook-id"));
        ++times[id];
        return Answer{};
    }};
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}}}};
    agent.folder().write("webhooks.json",
                         json::array({definition("door", target.url("/open"))}).dump());
    agent.start();
    target.stop();
    constexpr int events = 150;
    for (int i = 0; i < events; ++i) {
        ASSERT_EQ(agent.post("/v1/events", car_at_camera(i)).status, 202U);
    }
    ASSERT_TRUE(agent.wait_until(
        [](const json& status) { return webhook_named(status, "door")["failed"] > 3; }));
    target.start();
    ASSERT_TRUE(agent.wait_until([](const json& status) {
        return status["queue"]["pending"] == 0;
    })) << agent.log();
    EXPECT_EQ(times.size(), events);
    for (const auto& [id, count] : times) {
        EXPECT_EQ(count, 1) << id;
        EXPECT_EQ(ids_of_event[id].size(), 1U) << id;
    }
    EXPECT_EQ(webhook_named(agent.status(), "door")["last_error"], nullptr);
}

TEST(Lanes, TheSameWebhookIdOnEachAttemptAndADeadLetterAfterTheLast) {
    test::ScriptedServer target{[](const test::Seen&) {
        return Answer{500, {}, "boom", Answer::Fault::none};
    }};
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}}}};
    agent.folder().write("webhooks.json",
                         json::array({definition("door", target.url("/open"), 3)}).dump());
    agent.start();
    ASSERT_EQ(agent.post("/v1/events", car_at_camera(1)).status, 202U);
    ASSERT_TRUE(agent.wait_until([](const json& status) { return status["queue"]["dead"] == 1; }))
        << agent.log();
    const auto seen = target.seen();
    ASSERT_EQ(seen.size(), 3U);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        SCOPED_TRACE(i);
        EXPECT_EQ(seen[i].header("ffl-attempt"), std::to_string(i + 1));
        EXPECT_EQ(seen[i].header("webhook-id"), seen[0].header("webhook-id"));
        EXPECT_EQ(seen[i].body, car_at_camera(1));
    }
    const auto dead =
        json::parse(agent.cli({"queue", "list", "--state", "dead", "--json"}).out)["deliveries"];
    ASSERT_EQ(dead.size(), 1U);
    EXPECT_EQ(dead[0]["attempts"], 3);
    EXPECT_EQ(dead[0]["last_status"], 500);
    const auto id = dead[0]["id"].dump();
    const auto shown = json::parse(agent.cli({"queue", "show", id, "--json"}).out);
    EXPECT_EQ(shown["history"].size(), 3U);
    EXPECT_EQ(shown["event"]["id"], "event-1");
    target.set_script([](const test::Seen&) { return Answer{}; });
    EXPECT_EQ(agent.cli({"queue", "retry", id}).code, 0);
    ASSERT_TRUE(agent.wait_until([](const json& status) {
        return status["queue"]["dead"] == 0 && status["queue"]["pending"] == 0;
    }));
    EXPECT_EQ(target.seen().back().header("webhook-id"), seen[0].header("webhook-id"));
    EXPECT_EQ(target.seen().back().header("ffl-attempt"), "1") << "fresh attempts";
}

} // namespace

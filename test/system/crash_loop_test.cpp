// Deliveries that end the process whenever they are handled: the third time they become dead
// letters, and all others are delivered.
#include "test/support/definition.hpp"
#include "test/support/program.hpp"
#include "test/support/receiver.hpp"

#include <cstdlib>
#include <gtest/gtest.h>

namespace {

using nlohmann::json;
using Environment = std::map<std::string, std::string>;

constexpr int aborted = 128 + SIGABRT;
const std::string reason = "the agent ended three times in a row while handling it";

class CrashLoop : public testing::Test {
  protected:
    /// An agent that was stopped in order, with events that nobody has yet. One of them is poison.
    void prepare() {
        receiver.answer(503);
        agent.folder().write("webhooks.json",
                             json::array({test::definition("one", receiver.url("/one"))}).dump());
        agent.start();
        for (const auto* id : {"first", "poison", "last"}) {
            const json event{{"id", id}, {"type", "face"}, {"text", "this is " + std::string{id}}};
            ASSERT_EQ(agent.post("/v1/events", event.dump()).status, 202U);
        }
        ASSERT_TRUE(receiver.wait_for(3, std::chrono::seconds{20}));
        ASSERT_EQ(agent.stop(), 0);
        receiver.answer(200);
    }
    [[nodiscard]] test::Finished run_to_the_end(const Environment& environment) const {
        return test::run_program({FFL_BINARY, "run", "--config", agent.ini()}, {}, environment);
    }
    void start(const Environment& environment) {
        for (const auto& [name, value] : environment) {
            ::setenv(name.c_str(), value.c_str(), 1);
        }
        agent.launch();
        for (const auto& [name, value] : environment) {
            ::unsetenv(name.c_str());
        }
        agent.wait_until_listening();
    }
    [[nodiscard]] json dead() const {
        const auto listed = agent.cli({"queue", "list", "--state", "dead", "--json"});
        return json::parse(listed.out)["deliveries"];
    }
    [[nodiscard]] bool waits_for_nothing() const {
        return agent.wait_until([](const json& status) { return status["queue"]["pending"] == 0; });
    }
    static Environment poison(const std::string& at) {
        return {{"LD_PRELOAD", FFL_ABORT_AT_MARKER},
                {"FFL_ABORT_AT", at},
                {"FFL_ABORT_MARKER", "this is poison"}}; // which no list shows
    }
    void expect_buried_after_three_ends(const std::string& at) {
        ASSERT_NO_FATAL_FAILURE(prepare());
        for (int i = 0; i < 3; ++i) {
            const auto ended = run_to_the_end(poison(at));
            ASSERT_EQ(ended.code, aborted) << i << ended.err;
        }
        start(poison(at));
        ASSERT_TRUE(waits_for_nothing()) << agent.log();
        EXPECT_EQ(receiver.received(), (std::set<std::string>{"first", "last"}));
        const auto found = dead();
        ASSERT_EQ(found.size(), 1U) << agent.log();
        EXPECT_EQ(found[0]["event_id"], "poison") << found;
        EXPECT_EQ(found[0]["last_error"], reason);
        EXPECT_TRUE(test::has(agent.log(), reason)) << agent.log();
        EXPECT_EQ(agent.stop(), 0);

        agent.start(); // with the fault corrected
        EXPECT_EQ(agent.cli({"queue", "retry", found[0]["id"].dump()}).code, 0);
        ASSERT_TRUE(waits_for_nothing()) << agent.log();
        EXPECT_TRUE(receiver.received().contains("poison"));
        EXPECT_TRUE(dead().empty());
    }

    test::Receiver receiver;
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}}}};
};

// Fault: a delivery ends the process three times | it becomes a dead letter
TEST_F(CrashLoop, ADeliveryThatEndsTheProcessWhenItIsSent) {
    expect_buried_after_three_ends("send");
}

// Fault: a delivery ends the process three times | it becomes a dead letter
TEST_F(CrashLoop, ARowThatEndsTheProcessWhenItIsRead) {
    expect_buried_after_three_ends("read");
}

TEST_F(CrashLoop, AnOrderlyStopInBetweenBeginsTheCountAnew) {
    ASSERT_NO_FATAL_FAILURE(prepare());
    for (int i = 0; i < 2; ++i) {
        ASSERT_EQ(run_to_the_end(poison("send")).code, aborted) << i;
    }
    receiver.answer(503);
    agent.start();
    EXPECT_TRUE(agent.wait_until(
        [](const json& status) { return test::webhook_named(status, "one")["failed"] > 0; }));
    EXPECT_EQ(agent.stop(), 0);
    receiver.answer(200);
    for (int i = 0; i < 2; ++i) {
        ASSERT_EQ(run_to_the_end(poison("send")).code, aborted) << i;
    }
    agent.start();
    ASSERT_TRUE(waits_for_nothing());
    EXPECT_TRUE(dead().empty());
    EXPECT_EQ(receiver.received(), (std::set<std::string>{"first", "poison", "last"}));
}

} // namespace

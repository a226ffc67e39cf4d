// What others wrote, wherever people see it: names with control characters, and targets with keys.
#include "test/support/program.hpp"
#include "test/support/scripted_server.hpp"

#include <gtest/gtest.h>

namespace {

using nlohmann::json;
using test::has;

constexpr const char* hostile = "n\x1b[2J\r\nFAKE LINE\u009b\u202e\u2066\u200f\u2028\x7f";

void expect_harmless(const std::string& text, const std::string& what) {
    SCOPED_TRACE(what);
    for (const auto* raw : {"\x1b", "\r", "\x7f", "\u009b", "\u202e", "\u2066", "\u200f", "\u2028",
                            "\nFAKE", "hush"}) {
        EXPECT_FALSE(has(text, raw)) << json(std::string{raw}).dump() << " in\n" << text;
    }
}

TEST(Shown, TextOfOthersIsEscapedAndQueriesAreMaskedWherePeopleSeeThem) {
    test::ScriptedServer refusing{[](const test::Seen&) { return test::Answer{500, {}, ""}; }};
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}}}};
    const auto target = refusing.url("/open?token=hush&hush");
    const json definitions{
        {{"name", hostile},
         {"target", target},
         {"send_attempts", 1},
         {"filters", {{"license_plate_number", hostile}}}},
        {{"name", std::string{hostile} + "2"}, {"target", target}, {"filters", {{hostile, 1}}}},
        {{"name", "all"}, {"target", target}, {"send_attempts", 1}}};
    agent.folder().write("webhooks.json", definitions.dump());
    agent.start();
    const json event{{"id", "e\u202e1"},
                     {"type", "car"},
                     {"license_plate_number", hostile},
                     {"note", "\u009b\u202e"}};
    ASSERT_EQ(agent.post("/v1/events", event.dump()).status, 202U);
    ASSERT_TRUE(agent.wait_until([](const json& status) { return status["queue"]["dead"] == 2; }));
    EXPECT_TRUE(has(refusing.seen()[0].target, "token=hush")) << "what is sent is exact";

    const auto listed =
        json::parse(agent.cli({"queue", "list", "--json", "--order", "oldest"}).out);
    const auto id = listed["deliveries"][0]["id"].dump();
    EXPECT_EQ(listed["deliveries"][0]["name"], hostile) << "JSON stays exact";
    agent.folder().write("event.json", R"({"type":"face","license_plate_number":"\u202e"})");
    for (const std::vector<std::string>& command : {std::vector<std::string>{"status"},
                                                    {"queue", "list"},
                                                    {"queue", "show", id},
                                                    {"explain", agent.folder().file("event.json")},
                                                    {"check"},
                                                    {"sync"}}) {
        const auto done = agent.cli(command);
        expect_harmless(done.out, command[0]);
        expect_harmless(done.err, command[0]);
    }
    EXPECT_TRUE(has(agent.cli({"status"}).out, "n\\x1b[2J\\r\\nFAKE LINE\\u009b\\u202e"));
    EXPECT_TRUE(has(agent.cli({"status"}).out, "/open?token=***&***"));
    expect_harmless(agent.get("/metrics").body, "metrics");
    expect_harmless(agent.log(), "log");
    EXPECT_FALSE(has(agent.get("/v1/status").body, "hush")) << "the page shows what it gets";
    expect_harmless(agent.get("/" + std::string{"%1b%c2%9b"}).body, "a problem");
}

} // namespace

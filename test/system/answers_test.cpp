// What targets answer, and how often they hear of an event: the whole program against real sockets.
#include "test/support/program.hpp"
#include "test/support/scripted_server.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <set>

namespace {

using nlohmann::json;
using test::Answer;
using test::Seen;

std::string event(int number) {
    return json{{"id", "event-" + std::to_string(number)}, {"type", "car"}}.dump();
}

std::uint64_t sum(const json& status, const std::string& counter) {
    std::uint64_t total = 0;
    for (const auto& webhook : status["webhooks"]) {
        total += webhook[counter].get<std::uint64_t>();
    }
    return total;
}

TEST(Answers, AnAttemptIsOneRequest) {
    std::atomic<unsigned> number = 0;
    // Reads each request, and often ends the connection instead of an answer. The first request on
    // a connection is answered, so that what breaks are kept ones.
    test::ScriptedServer target{[&](const Seen&) {
        switch (++number % 5) {
        case 2:
            return Answer{200, {}, "", Answer::Fault::reset};
        case 4:
            return Answer{200, {}, "", Answer::Fault::close};
        default:
            return Answer{};
        }
    }};
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}}}};
    json definitions = json::array();
    for (const int send_attempts : {0, 1, 2, 3}) {
        definitions.push_back({{"name", "door-" + std::to_string(send_attempts)},
                               {"target", target.url("/" + std::to_string(send_attempts))},
                               {"send_attempts", send_attempts}});
    }
    agent.folder().write("webhooks.json", definitions.dump());
    agent.start();
    constexpr int events = 50;
    for (int i = 0; i < events; ++i) {
        ASSERT_EQ(agent.post("/v1/events", event(i)).status, 202U);
    }
    ASSERT_TRUE(agent.wait_until([](const json& status) {
        return sum(status, "delivered") + sum(status, "dead") == std::uint64_t{events} * 4;
    })) << agent.status().dump();
    const auto status = agent.status();
    EXPECT_EQ(target.count(), sum(status, "delivered") + sum(status, "failed"));
    std::set<std::string> attempts;
    for (const auto& seen : target.seen()) {
        const auto attempt = seen.header("ffl-attempt");
        EXPECT_TRUE(attempts.insert(seen.header("webhook-id") + " " + attempt).second) << attempt;
        EXPECT_TRUE(seen.target == "/0" || "/" + attempt <= seen.target) << seen.target << attempt;
    }
}

TEST(Answers, AnOddOneThatSaysSuccessIsADelivery) {
    const std::string bare = "HTTP/1.1 200\r\n";
    for (const auto& bytes : {bare + "\r\n", bare + "nothing\r\nContent-Length: 2\r\n\r\nok", bare,
                              bare + "Content-Length: -1\r\n\r\n", std::string{"HTTP/1.0 204\n\n"},
                              "HTTP/1.1 100 Continue\r\n\r\n" + bare + "X: \x01\r\n\r\n"}) {
        SCOPED_TRACE(bytes);
        test::ScriptedServer target{[&](const Seen&) {
            return Answer{200, {}, "", Answer::Fault::none, bytes};
        }};
        test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}}}};
        agent.folder().write("webhooks.json",
                             json::array({{{"name", "door"}, {"target", target.url()}}}).dump());
        agent.start();
        ASSERT_EQ(agent.post("/v1/events", event(1)).status, 202U);
        EXPECT_TRUE(agent.wait_until([](const json& status) {
            return status["webhooks"][0]["delivered"] == 1;
        })) << agent.log();
        EXPECT_EQ(target.count(), 1U);
    }
}

} // namespace

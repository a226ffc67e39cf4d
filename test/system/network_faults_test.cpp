// What a network does to deliveries: the whole program, a target behind a proxy that breaks
// connections in the middle, and another target that must not notice.
#include "test/support/definition.hpp"
#include "test/support/fault_proxy.hpp"
#include "test/support/program.hpp"
#include "test/support/scripted_server.hpp"

#include <gtest/gtest.h>
#include <set>

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Answer;
using test::definition;
using test::has;
using test::NetworkFault;
using test::webhook_named;
using From = NetworkFault::From;
using Kind = NetworkFault::Kind;

// More than what the sockets on the way hold, so that a fault in the middle of a body is one.
constexpr std::size_t body_bytes = 3UL << 20;

std::string event(int number, std::size_t bytes = 0) {
    return json{{"id", "event-" + std::to_string(number)},
                {"type", "car"},
                {"photo", std::string(bytes, 'x')}}
        .dump();
}

class NetworkFaults : public testing::Test {
  protected:
    NetworkFaults() {
        agent_.folder().write("webhooks.json", json::array({definition("door", way_.url("/door")),
                                                            definition("gate", gate_.url("/gate"))})
                                                   .dump());
    }

    void post(int number, std::size_t bytes = 0) {
        ASSERT_EQ(agent_.post("/v1/events", event(number, bytes)).status, 202U);
    }
    /// Waits until the door's last error has that text, and the gate has had its delivery.
    void expect_failed(const std::string& says) {
        EXPECT_TRUE(agent_.wait_until([&](const json& status) {
            const json error = webhook_named(status, "door")["last_error"];
            return error.is_string() && has(error.get<std::string>(), says) &&
                   webhook_named(status, "gate")["delivered"] == 1;
        })) << says
            << ": " << agent_.status()["webhooks"].dump(1);
        EXPECT_EQ(webhook_named(agent_.status(), "door")["delivered"], 0);
    }
    void expect_delivered(unsigned events) {
        EXPECT_TRUE(agent_.wait_until([&](const json& status) {
            return webhook_named(status, "door")["delivered"] == events &&
                   status["queue"]["pending"] == 0;
        })) << agent_.status()["webhooks"].dump(1);
    }
    /// No attempt comes twice, and all of a delivery have the same id.
    void expect_attempts_in_order() {
        std::set<std::string> attempts, ids;
        for (const auto& seen : door_.seen()) {
            EXPECT_TRUE(attempts.insert(seen.header("ffl-attempt")).second);
            ids.insert(seen.header("webhook-id"));
        }
        EXPECT_LE(ids.size(), 1U);
    }

    test::ScriptedServer door_{[](const test::Seen&) {
        return Answer{200, {}, "<html>" + std::string(1000, 'x'), Answer::Fault::none};
    }};
    test::ScriptedServer gate_{[](const test::Seen&) { return Answer{}; }};
    test::FaultProxy way_{door_.port()};
    static test::Program::Sections ini(const char* timeout) {
        return {{"webhooks", {{"file", "webhooks.json"}}}, {"delivery", {{"timeout", timeout}}}};
    }
    test::Program agent_{ini("500ms")};
};

struct Break {
    const char* name;
    NetworkFault fault;
    const char* says;
};

class Broken : public NetworkFaults, public testing::WithParamInterface<Break> {};

// Fault: the network breaks within a message | the delivery is tried again
TEST_P(Broken, ADeliveryIsTriedAgainUntilTheNetworkIsBack) {
    way_.fail(GetParam().fault);
    if (GetParam().says != std::string_view{"timed out"}) {
        agent_.configure(ini("20s")); // on a busy machine the first attempt may take longer
    }
    agent_.start();
    post(1, body_bytes);
    expect_failed(GetParam().says);
    EXPECT_TRUE(has(agent_.log(), GetParam().says)) << "once in the log";
    way_.fail({});
    expect_delivered(1);
    expect_attempts_in_order();
    EXPECT_EQ(json::parse(door_.seen().back().body), json::parse(event(1, body_bytes)));
    EXPECT_EQ(agent_.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(
    Ways, Broken,
    testing::Values(
        Break{"half_open", {Kind::vanish, From::client, 0}, "timed out"},
        Break{"cut_in_the_request_head", {Kind::vanish, From::client, 40}, "timed out"},
        Break{"cut_in_the_request_body", {Kind::vanish, From::client, 100'000}, "timed out"},
        Break{"cut_before_the_answer", {Kind::vanish, From::server, 0}, "timed out"},
        Break{"cut_in_the_status_line", {Kind::vanish, From::server, 10}, "timed out"},
        Break{"reset_in_the_request_body", {Kind::reset, From::client, 100'000}, "reset by peer"},
        Break{"reset_after_the_request", {Kind::reset, From::server, 0}, "reset by peer"},
        Break{"request_at_a_byte_a_time", {Kind::trickle, From::client, 1000}, "timed out"},
        Break{"answer_at_a_byte_a_time", {Kind::trickle, From::server, 0, 100ms}, "timed out"}),
    [](const auto& one) { return std::string{one.param.name}; });

// Fault: the network breaks within a message | a 2xx with half a body delivers
TEST_F(NetworkFaults, AnAnswerThatIsCutBehindItsHeadIsADelivery) {
    way_.fail({Kind::vanish, From::server, 300});
    agent_.start();
    post(1);
    expect_delivered(1);
    way_.fail({Kind::reset, From::server, 300});
    post(2);
    expect_delivered(2);
    EXPECT_EQ(door_.count(), 2U) << "each heard of once";
}

// Fault: the network breaks within a message | a slow answer counts, in time
TEST_F(NetworkFaults, AnAnswerAtAByteATimeIsADeliveryWithinTheTimeOut) {
    agent_.configure(ini("20s"));
    way_.fail({Kind::trickle, From::server, 0, 1ms});
    agent_.start();
    post(1);
    expect_delivered(1);
    EXPECT_EQ(door_.count(), 1U);
}

// Fault: half-open connections | no delivery is lost to a kept one
TEST_F(NetworkFaults, AKeptConnectionWhosePeerVanishedCostsNoDelivery) {
    agent_.start();
    post(1);
    expect_delivered(1);
    way_.vanish();
    post(2);
    expect_delivered(2);
    EXPECT_EQ(agent_.stop(), 0);
}

TEST_F(NetworkFaults, WhatNeverComesThroughIsADeadLetterAfterItsAttempts) {
    auto door = definition("door", way_.url("/door"));
    door["send_attempts"] = 3;
    agent_.folder().write("webhooks.json", json::array({door}).dump());
    way_.fail({Kind::vanish, From::server, 0});
    agent_.start();
    post(1);
    EXPECT_TRUE(agent_.wait_until([](const json& status) { return status["queue"]["dead"] == 1; }));
    EXPECT_EQ(door_.count(), 3U) << "an attempt is one request";
    EXPECT_EQ(way_.connections(), 3U);
    way_.fail({});
    EXPECT_EQ(agent_.cli({"queue", "retry", "--all"}).code, 0);
    expect_delivered(1);
}

// Fault: targets that hang or are slow | others are not delayed
TEST_F(NetworkFaults, SilentTargetsDelayNoOther) {
    agent_.configure(
        {{"webhooks", {{"file", "webhooks.json"}}}, {"delivery", {{"timeout", "60s"}}}});
    way_.fail({Kind::vanish, From::client, 100});
    agent_.start();
    constexpr int events = 100;
    for (int number = 0; number < events; ++number) {
        post(number);
    }
    // The time-out is longer than this waits.
    EXPECT_TRUE(agent_.wait_until([](const json& status) {
        return webhook_named(status, "gate")["delivered"] == events;
    })) << agent_.status()["webhooks"].dump(1);
    EXPECT_EQ(door_.count(), 0U);
}

// Fault: a captive portal | its answer counts as its status says
TEST_F(NetworkFaults, ACaptivePortalBeforeATargetIsWhatItsStatusSays) {
    struct Row {
        Answer portal;
        std::string says;
    };
    const auto page = std::string{"<html><form action=\"/login\">Welcome</form></html>"};
    const common::Headers html{{"Content-Type", "text/html"}};
    agent_.start();
    int number = 0;
    for (const auto& row : {Row{{302, {{"Location", "http://portal.test/"}}, page}, "302 Found"},
                            Row{{511, html, page}, "511 Network Authentication Required"}}) {
        SCOPED_TRACE(row.says);
        test::ScriptedServer hotel{[&](const test::Seen&) { return row.portal; }};
        way_.lead_to(hotel.port());
        way_.vanish(); // what was kept still led to the door
        post(++number);
        EXPECT_TRUE(agent_.wait_until([&](const json& status) {
            const json error = webhook_named(status, "door")["last_error"];
            return error.is_string() && has(error.get<std::string>(), row.says);
        })) << agent_.status()["webhooks"].dump(1);
        way_.lead_to(door_.port());
        hotel.stop();
        expect_delivered(static_cast<unsigned>(number));
    }
    // Nobody can tell this from the target's own answer.
    test::ScriptedServer hotel{[&](const test::Seen&) { return Answer{200, html, page}; }};
    way_.lead_to(hotel.port());
    way_.vanish();
    post(++number);
    expect_delivered(static_cast<unsigned>(number));
}

} // namespace

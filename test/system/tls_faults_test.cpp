// Targets whose certificate is not good for them, and TLS that a network breaks: the whole program.
#include "test/support/certificates.hpp"
#include "test/support/definition.hpp"
#include "test/support/fault_proxy.hpp"
#include "test/support/program.hpp"
#include "test/support/scripted_server.hpp"

#include <gtest/gtest.h>

namespace {

using nlohmann::json;
using test::Answer;
using test::definition;
using test::has;
using test::NetworkFault;
using test::webhook_named;

class TlsFaults : public testing::Test {
  protected:
    /// The door behind a certificate, and a gate that must not notice.
    void start(const std::string& door) {
        auto limited = definition("door", door);
        limited["send_attempts"] = 2;
        agent_.folder().write("webhooks.json",
                              json::array({limited, definition("gate", gate_.url())}).dump());
        agent_.start();
        ASSERT_EQ(agent_.post("/v1/events", R"({"id":"1","type":"car"})").status, 202U);
    }
    /// Of the door. Empty until it has one.
    static std::string last_error(const json& status) {
        const json error = webhook_named(status, "door")["last_error"];
        return error.is_string() ? error.get<std::string>() : "";
    }
    static Answer ok(const test::Seen&) { return {}; }

    test::Certificates certificates_;
    test::ScriptedServer gate_{ok};
    /// A timeout that a busy machine reaches too, where it is not what the test is about, hides it.
    [[nodiscard]] test::Program::Sections ini(const char* timeout) const {
        return {{"webhooks", {{"file", "webhooks.json"}}},
                {"delivery", {{"timeout", timeout}, {"ca_file", certificates_.ca_file()}}}};
    }
    test::Program agent_{ini("20s")};
};

TEST_F(TlsFaults, AnotherNameOrAuthorityIsAFailedAttemptInPlainWords) {
    for (const auto& [files, says] :
         {std::pair{certificates_.server_for("gate.test"), "another name"},
          std::pair{certificates_.self_signed(), "self-signed"}}) {
        SCOPED_TRACE(says);
        test::ScriptedServer door{ok, 0, test::server_files(files)};
        start(door.url());
        EXPECT_TRUE(agent_.wait_until([](const json& status) {
            return status["queue"]["dead"] == 1 && webhook_named(status, "gate")["delivered"] == 1;
        })) << agent_.status().dump(1);
        const auto error = last_error(agent_.status());
        EXPECT_TRUE(has(error, "TLS: ") && has(error, says)) << error;
        EXPECT_TRUE(has(agent_.log(), error.substr(0, 40))) << agent_.log();
        EXPECT_EQ(door.count(), 0U) << "nothing is said to a stranger";
        EXPECT_EQ(agent_.cli({"queue", "drop", "--all", "--yes"}).code, 0);
        EXPECT_EQ(agent_.stop(), 0);
    }
}

// Where the clock is not synchronised, dates are this device's own trouble: it waits for the clock.
// Fault: wrong clock | a certificate that is not valid yet costs no attempt
TEST_F(TlsFaults, ACertificatesDatesAreToldAndJudgedByASynchronisedClock) {
    for (const auto& [files, says] :
         {std::pair{certificates_.expired_server(), "certificate has expired"},
          std::pair{certificates_.early_server(), "certificate is not yet valid"}}) {
        SCOPED_TRACE(says);
        test::ScriptedServer door{ok, 0, test::server_files(files)};
        start(door.url());
        ASSERT_TRUE(agent_.wait_for_log(says)) << agent_.log();
        EXPECT_TRUE(agent_.wait_until([&](const json& status) {
            const bool dead = status["queue"]["dead"] == 1;
            return webhook_named(status, "gate")["delivered"] == 1 &&
                   (dead || status["clock"]["synchronized"] == false);
        })) << agent_.status().dump(1);
        const auto status = agent_.status();
        if (status["clock"]["synchronized"] == true) {
            EXPECT_TRUE(has(last_error(status), says)) << last_error(status);
        } else {
            EXPECT_EQ(webhook_named(status, "door")["pending"], 1);
            EXPECT_EQ(webhook_named(status, "door")["failed"], 0) << "no attempt is used up";
        }
        EXPECT_EQ(door.count(), 0U);
        EXPECT_EQ(agent_.cli({"queue", "drop", "--all", "--yes"}).code, 0);
        EXPECT_EQ(agent_.stop(), 0);
    }
}

TEST_F(TlsFaults, AHandshakeThatBreaksOffIsTriedAgain) {
    test::ScriptedServer door{ok, 0, test::server_files(certificates_.server())};
    test::FaultProxy way{door.port()};
    way.fail({NetworkFault::Kind::vanish, NetworkFault::From::server, 100});
    agent_.configure(ini("500ms"));
    start("https://127.0.0.1:" + std::to_string(way.port()) + "/");
    EXPECT_TRUE(agent_.wait_until([](const json& status) {
        return has(last_error(status), "timed out") &&
               webhook_named(status, "gate")["delivered"] == 1;
    })) << agent_.status().dump(1);
    way.fail({});
    // The second attempt may have gone the same way.
    EXPECT_TRUE(agent_.wait_until([](const json& status) {
        return webhook_named(status, "door")["delivered"] == 1 || status["queue"]["dead"] == 1;
    }));
    EXPECT_EQ(agent_.cli({"queue", "retry", "--all"}).code, 0);
    EXPECT_TRUE(agent_.wait_until([](const json& status) {
        return webhook_named(status, "door")["delivered"] == 1 && status["queue"]["dead"] == 0;
    })) << agent_.status().dump(1);
    EXPECT_EQ(door.count(), 1U);
}

} // namespace

// What a network does between the agent and the FindFace Lite server: the webhooks that it knows
// stay, their deliveries go on, and the status says why.
#include "test/support/definition.hpp"
#include "test/support/fault_proxy.hpp"
#include "test/support/program.hpp"
#include "test/support/receiver.hpp"
#include "test/support/simulator.hpp"

#include <gtest/gtest.h>

namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using test::Answer;
using test::has;
using test::NetworkFault;
using From = NetworkFault::From;
using Kind = NetworkFault::Kind;

class ServerFaults : public testing::Test {
  protected:
    void SetUp() override {
        agent_.folder().write("password", "secret\n");
        server_.add({{"name", "door"}, {"target", receiver_.url("/door")}});
        agent_.start();
        ASSERT_TRUE(
            agent_.wait_until([](const json& status) { return status["webhooks"].size() == 1; }));
    }

    /// A sync now fails for that reason; the webhook stays and is served.
    void expect_kept(const std::string& says) {
        const auto done = agent_.cli({"sync"});
        EXPECT_TRUE(done.code == 69 || done.code == 77) << done.code << done.err;
        EXPECT_TRUE(has(done.err, says)) << done.err;
        const auto status = agent_.status();
        ASSERT_EQ(status["webhooks"].size(), 1U);
        EXPECT_EQ(status["webhooks"][0]["state"], "serving");
        EXPECT_NE(status["server"]["state"], "ok");
        const json error = status["server"]["last_error"];
        EXPECT_TRUE(error.is_string() && has(error.get<std::string>(), says)) << error;
        ++events_;
        EXPECT_EQ(agent_.post("/v1/events", json{{"id", std::to_string(events_)}}.dump()).status,
                  202U);
        EXPECT_TRUE(receiver_.wait_for(events_, 20s));
    }
    void expect_well() {
        const auto done = agent_.cli({"sync"});
        EXPECT_EQ(done.code, 0) << done.err;
        EXPECT_EQ(agent_.status()["server"]["state"], "ok");
        EXPECT_EQ(agent_.status()["webhooks"].size(), 1U);
    }

    test::Simulator server_;
    test::Receiver receiver_;
    test::FaultProxy way_{server_.server().port()};
    test::Program agent_{{{"server",
                           {{"url", way_.url("")},
                            {"username", "device"},
                            {"password_file", "password"},
                            {"request_timeout", "500ms"}}}}};
    unsigned events_ = 0;
};

// Fault: the FindFace server is down | the last good list serves
TEST_F(ServerFaults, ABrokenNetworkChangesNoDefinition) {
    struct Row {
        NetworkFault fault;
        const char* says;
    };
    for (const auto& [fault, says] : {Row{{Kind::vanish, From::client, 0}, "timed out"},
                                      Row{{Kind::vanish, From::client, 60}, "timed out"},
                                      Row{{Kind::vanish, From::server, 0}, "timed out"},
                                      Row{{Kind::vanish, From::server, 150}, "timed out"},
                                      Row{{Kind::reset, From::server, 0}, "reset by peer"},
                                      Row{{Kind::trickle, From::server, 0, 100ms}, "timed out"}}) {
        SCOPED_TRACE(says + std::to_string(fault.after));
        way_.vanish();
        way_.fail(fault);
        (void)agent_.cli({"sync"}); // may still find the connection that was kept
        expect_kept(says);
        way_.fail({});
        way_.vanish();
        expect_well();
    }
}

// Fault: a captive portal | it is not taken for a list of webhooks
TEST_F(ServerFaults, ACaptivePortalIsNoListOfWebhooks) {
    const std::string page = "<!DOCTYPE html><html><form action=\"/login\">Welcome</form></html>";
    const common::Headers html{{"Content-Type", "text/html"}};
    struct Row {
        Answer portal;
        std::string to_the_list, to_the_login;
    };
    const std::string wants_login = "this network wants a login";
    for (const auto& [portal, to_the_list, to_the_login] :
         {Row{{200, html, page}, "HTML page", "HTML page"},
          Row{{200, html, ""}, "unexpected end of input", "without an access_token"},
          Row{{302, {{"Location", "http://portal.test/login"}}, ""}, "302", "302"},
          Row{{307, {{"Location", "http://portal.test/login"}}, ""}, "307", "307"},
          Row{{511, html, page}, wants_login, wants_login}}) {
        // With a token that is good, and after it was refused.
        for (const bool fresh_login : {false, true}) {
            const auto& says = fresh_login ? to_the_login : to_the_list;
            SCOPED_TRACE(says);
            test::ScriptedServer hotel{[&, answer = portal](const test::Seen&) { return answer; }};
            if (fresh_login) {
                server_.revoke_tokens();
                agent_.kill();
                way_.lead_to(hotel.port());
                agent_.start();
            } else {
                way_.lead_to(hotel.port());
                way_.vanish();
                (void)agent_.cli({"sync"}); // may still find the connection that was kept
            }
            expect_kept(says);
            way_.lead_to(server_.server().port());
            hotel.stop();
            EXPECT_TRUE(agent_.wait_until([&](const json& status) {
                return status["server"]["state"] == "ok" || agent_.cli({"sync"}).code == 0;
            })) << agent_.status()["server"].dump(1);
            expect_well();
        }
    }
}

} // namespace

// The agent's calls to a server over real sockets, against the simulated FindFace Lite server; this
// tests the simulator as well.
#include "test/support/simulator.hpp"

#include "agent/findface/client.hpp"
#include "test/support/test_clock.hpp"

#include <gtest/gtest.h>

namespace {

using common::Fault;
using common::Millis;
using nlohmann::json;
using test::run;
using test::Simulator;
using test::SimulatorOptions;
using test::TokenMint;
using Shape = SimulatorOptions::Shape;
using Next = SimulatorOptions::Next;
using Keys = std::vector<std::string>;

const json door{{"name", "door"},
                {"target", "http://localhost/door"},
                {"filters", {{"camera_in", {1, 2}}}},
                {"send_attempts", 3}};

struct Caller {
    explicit Caller(const Simulator& simulator, const std::string& password = "secret") {
        config.server.url = common::parse_url(simulator.url()).value();
        config.server.username = "device";
        config.server.password = password;
    }
    common::Result<Keys> list() {
        const auto got = run(loop, client.list());
        if (!got) {
            return common::fail(got.error());
        }
        Keys keys;
        for (const auto& one : *got) {
            keys.push_back(one.key);
        }
        return keys;
    }

    common::asio::io_context loop;
    test::TestClock clock{loop};
    common::PooledClient http{loop.get_executor(), {}};
    agent::Config config;
    agent::findface::Client client{loop.get_executor(), clock, http, config};
};

TEST(Simulator, ListsInEveryShapeAndPageSize) {
    SimulatorOptions options;
    options.prefix = "/find/face";
    options.first_id = (1LL << 53) + 1;
    Simulator simulator{options};
    Keys all;
    for (int i = 0; i < 5; ++i) {
        all.push_back(std::to_string(simulator.add(door)));
    }
    EXPECT_EQ(all.front(), "9007199254740993");
    Caller caller{simulator};
    for (const auto shape : {Shape::bare, Shape::results, Shape::items, Shape::data}) {
        for (const std::size_t page_size : {0U, 1U, 2U, 5U}) {
            for (const auto next : {Next::absolute, Next::path, Next::query}) {
                for (const auto* key : {"next_page", "next"}) {
                    SCOPED_TRACE(testing::Message()
                                 << "shape " << static_cast<int>(shape) << ", " << page_size
                                 << " a page, next " << static_cast<int>(next) << ", " << key);
                    simulator.reshape(shape, page_size, next, key);
                    const auto before = simulator.lists();
                    const auto got = caller.list();
                    ASSERT_TRUE(got) << got.error().message;
                    EXPECT_EQ(*got, all) << key << ", pages of " << page_size;
                    const bool paged = shape != Shape::bare && page_size > 0;
                    EXPECT_EQ(simulator.lists() - before,
                              paged ? (5 + page_size - 1) / page_size : 1);
                }
            }
        }
    }
    EXPECT_EQ(simulator.logins(), 1U);
    simulator.reshape(Shape::results, 2, Next::foreign);
    const auto foreign = caller.list();
    ASSERT_FALSE(foreign);
    EXPECT_NE(foreign.error().message.find("http://elsewhere.invalid"), std::string::npos)
        << foreign.error().message;
}

TEST(Simulator, CreatesUpdatesShowsAndRemovesAWebhook) {
    Simulator simulator;
    Caller caller{simulator};
    const auto created = run(caller.loop, caller.client.create(door.dump()));
    ASSERT_TRUE(created) << created.error().message;
    auto echo = json::parse(*created);
    EXPECT_EQ(echo["id"], 1);
    echo.erase("id");
    EXPECT_EQ(echo, door);
    const auto updated = run(caller.loop, caller.client.update("1", R"({"active":false})"));
    ASSERT_TRUE(updated) << updated.error().message;
    const auto shown = run(caller.loop, caller.client.show("1"));
    ASSERT_TRUE(shown);
    EXPECT_EQ(json::parse(*shown)["active"], false);
    EXPECT_EQ(json::parse(*shown)["name"], "door");
    EXPECT_TRUE(run(caller.loop, caller.client.remove("1")));
    EXPECT_EQ(run(caller.loop, caller.client.show("1")).error().fault, Fault::input);
    EXPECT_EQ(run(caller.loop, caller.client.remove("1")).error().message,
              "DELETE " + simulator.url() + "/v1/webhooks/1/ answered 404: Not found.");
    const auto refused =
        run(caller.loop, caller.client.create(R"({"name":"x","target":"ftp://x/"})"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::input);
    EXPECT_NE(refused.error().message.find("answered 400: target: must be an http or https URL"),
              std::string::npos);
}

TEST(Simulator, AcceptsPutIfItDoesNotSupportPatch) {
    SimulatorOptions options;
    options.patch = false;
    options.webhooks = {door};
    Simulator simulator{options};
    Caller caller{simulator};
    auto changed = door;
    changed["active"] = false;
    ASSERT_TRUE(run(caller.loop, caller.client.update("1", changed.dump())));
    EXPECT_EQ(simulator.webhooks().at(1)["active"], false);
}

TEST(Simulator, SeesANewLoginBeforeItsTokensExpire) {
    for (const auto kind : {TokenMint::Kind::jwt, TokenMint::Kind::jwt_without_iat}) {
        SCOPED_TRACE(static_cast<int>(kind));
        SimulatorOptions options;
        options.token = kind;
        Simulator simulator{options};
        Caller caller{simulator};
        caller.clock.set_wall(std::chrono::system_clock::now());
        for (std::size_t hour = 1; hour <= 3; ++hour) {
            ASSERT_TRUE(caller.list());
            EXPECT_EQ(simulator.logins(), hour);
            caller.clock.advance(std::chrono::seconds{3'600});
            simulator.advance(std::chrono::seconds{3'600});
        }
        EXPECT_EQ(simulator.refused(), 0U);
    }
}

TEST(Simulator, SeesANewLoginAfterItRefusesAToken) {
    for (const auto kind : {TokenMint::Kind::jwt, TokenMint::Kind::opaque}) {
        SCOPED_TRACE(static_cast<int>(kind));
        SimulatorOptions options;
        options.token = kind;
        Simulator simulator{options};
        Caller caller{simulator};
        ASSERT_TRUE(caller.list());
        simulator.revoke_tokens();
        ASSERT_TRUE(caller.list());
        EXPECT_EQ(simulator.refused(), 1U);
        EXPECT_EQ(simulator.logins(), 2U);
        if (kind == TokenMint::Kind::jwt) {
            simulator.advance(std::chrono::seconds{3'600}); // its clock is ahead of ours
            ASSERT_TRUE(caller.list());
            EXPECT_EQ(simulator.refused(), 2U);
            EXPECT_EQ(simulator.logins(), 3U);
        }
    }
}

TEST(Simulator, RefusesAWrongPassword) {
    Simulator simulator;
    Caller caller{simulator, "guess"};
    const auto got = caller.list();
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().fault, Fault::refused);
    EXPECT_NE(got.error().message.find("401: Incorrect username or password"), std::string::npos);
    EXPECT_FALSE(caller.list());
    EXPECT_EQ(simulator.logins(), 1U);
}

TEST(Simulator, FailsInEveryWayAndRecovers) {
    struct Case {
        Simulator::Fault fault;
        Fault seen;
    };
    for (const auto on : {Simulator::On::login, Simulator::On::webhooks}) {
        for (const auto& one : {Case{Simulator::Fault::error_500, Fault::unreachable},
                                Case{Simulator::Fault::html, Fault::unreachable},
                                Case{Simulator::Fault::cut, Fault::unreachable},
                                Case{Simulator::Fault::hang, Fault::unreachable},
                                Case{Simulator::Fault::reset, Fault::unreachable},
                                Case{Simulator::Fault::unauthorized, Fault::refused},
                                Case{Simulator::Fault::forbidden, Fault::refused}}) {
            SCOPED_TRACE(testing::Message() << "on " << static_cast<int>(on) << ", fault "
                                            << static_cast<int>(one.fault));
            SimulatorOptions options;
            options.webhooks = {door, door};
            Simulator simulator{options};
            Caller caller{simulator};
            caller.config.server.request_timeout =
                Millis{one.fault == Simulator::Fault::hang ? 200 : 10'000};
            simulator.fail(on, one.fault);
            const auto got = caller.list();
            ASSERT_FALSE(got);
            EXPECT_EQ(got.error().fault, one.seen) << got.error().message;
            simulator.fail(on, Simulator::Fault::none);
            caller.config.server.request_timeout = Millis{10'000};
            caller.clock.advance(Millis{1'000});
            const auto back = caller.list();
            ASSERT_TRUE(back) << back.error().message;
            EXPECT_EQ(*back, (Keys{"1", "2"}));
        }
    }
}

TEST(Simulator, RestartsOnTheSamePort) {
    Simulator simulator;
    Caller caller{simulator};
    ASSERT_TRUE(caller.list());
    simulator.server().stop();
    const auto down = caller.list();
    ASSERT_FALSE(down);
    EXPECT_EQ(down.error().fault, Fault::unreachable);
    simulator.server().start();
    const auto up = caller.list();
    EXPECT_TRUE(up) << up.error().message;
}

TEST(Simulator, RequiresExactSlashes) {
    Simulator simulator;
    common::asio::io_context loop;
    common::PooledClient client{loop.get_executor(), {}};
    for (const auto* path : {"/v1/webhooks", "/v1/auth/login/", "/v1", "/"}) {
        common::HttpRequest request;
        request.url = common::parse_url(simulator.url() + path).value();
        const auto reply = run(loop, client.send(std::move(request)));
        ASSERT_TRUE(reply);
        EXPECT_EQ(reply->status, 404U) << path;
    }
}

} // namespace

// What takes long over HTTP is done in turns: other work of the loop runs in between.
#include "common/async/turn.hpp"
#include "test/agent/api/api_fixture.hpp"

#include <functional>

namespace test {
namespace {

struct TurnsTest : Api {
    static constexpr std::size_t webhooks = 50;

    void SetUp() override {
        std::vector<agent::Definition> many;
        for (std::size_t i = 0; i < webhooks; ++i) {
            const auto key = std::to_string(i);
            many.push_back({key, R"({"id":)" + key + R"(,"name":"w)" + key +
                                     R"(","target":"http://h/","filters":{"camera_in":[1]}})"});
        }
        open(std::move(many));
    }
    /// Calls while other work waits on the loop all the time; each look at the clock takes longer
    /// than a turn. `work` hears how often it has run.
    common::HttpReply call_beside(const std::function<void(std::size_t)>& work, std::string method,
                                  std::string_view target, std::string body = {}) {
        bool done = false;
        ran = 0;
        std::function<void()> again = [&] {
            if (!done) {
                work(++ran);
                common::asio::post(loop, again);
            }
        };
        common::asio::post(loop, again);
        clock.set_step(common::Turn::longest + common::Millis{1});
        auto reply = call(std::move(method), target, std::move(body));
        clock.set_step(common::Millis{0});
        done = true;
        clock.settle();
        return reply;
    }
    static void nothing(std::size_t /*run*/) {}

    std::size_t ran = 0;
};

TEST_F(TurnsTest, AnExplanationOfManyWebhooks) {
    const auto reply = call_beside(nothing, "POST", "/v1/explain", R"({"camera":2})");
    ASSERT_EQ(reply.status, 200U) << reply.body;
    EXPECT_GE(ran, webhooks - 1);
    const auto all = Json::parse(reply.body)["webhooks"];
    ASSERT_EQ(all.size(), webhooks);
    EXPECT_EQ(all[49]["name"], "w49");
    EXPECT_EQ(all[49]["failed"]["filter"], "camera_in");
}

TEST_F(TurnsTest, AnExplanationIsOfOneMoment) {
    const auto change = [&](std::size_t run) {
        if (run == 3) {
            cache.rebuild({{"7", faces}});
        }
    };
    const auto reply = call_beside(change, "POST", "/v1/explain", R"({"camera":2})");
    EXPECT_EQ(Json::parse(reply.body)["webhooks"].size(), webhooks);
}

TEST_F(TurnsTest, AnExplanationTakesNoMoreMemoryThanThereIs) {
    memory.set_limit(std::size_t{128} << 10, 0);
    problem_of(call("POST", "/v1/explain", R"({"camera":2})"), 503);
    EXPECT_EQ(memory.refused(), 1U);
    EXPECT_EQ(memory.used(), 0U);
}

TEST_F(TurnsTest, OneEventOfManyWebhooks) {
    post(R"({"camera":2})");
    const auto reply = call_beside(nothing, "GET", "/v1/events/1");
    ASSERT_EQ(reply.status, 200U) << reply.body;
    EXPECT_GE(ran, webhooks - 1);
    EXPECT_EQ(Json::parse(reply.body)["webhooks"].size(), webhooks);
}

TEST_F(TurnsTest, OneEventThatLeavesTheListMeanwhile) {
    post(R"({"camera":2})");
    const auto forget = [&](std::size_t run) {
        if (run == 3) {
            config.ingest.event_list = 0;
            queue.events().refuse(415, "which makes the list look at its bounds", "socket");
        }
    };
    const auto reply = call_beside(forget, "GET", "/v1/events/1");
    problem_of(reply, 404);
    EXPECT_GE(ran, 3U);
}

TEST_F(TurnsTest, EventsThatAreNotAskedForCountToo) {
    for (int i = 0; i < 10; ++i) {
        post(R"({"camera":2})");
    }
    const auto reply = call_beside(nothing, "GET", "/v1/events?camera=3");
    EXPECT_EQ(Json::parse(reply.body)["events"], Json::array());
    EXPECT_GE(ran, 9U);
}

TEST_F(TurnsTest, WhatComesAfterTheLimitIsNotPutTogether) {
    for (int i = 0; i < 2; ++i) {
        post(R"({"camera":2})");
    }
    const auto reply = call_beside(nothing, "GET", "/v1/events?limit=1");
    EXPECT_EQ(Json::parse(reply.body)["more"], true);
    EXPECT_LT(ran, webhooks + 10) << "each webhook of the first event is a turn";
}

} // namespace
} // namespace test

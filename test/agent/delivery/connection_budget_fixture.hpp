// Lanes that only count, on a budget of four connections, three for each target.
#pragma once

#include "agent/delivery/connection_budget.hpp"

#include "agent/delivery/target.hpp"
#include "test/support/test_clock.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace test {

using agent::Config;
using agent::ConnectionBudget;
using agent::ConnectionUser;
using agent::HoldTimes;
using agent::Pace;
using agent::Target;

/// Has `waiting` attempts to start and writes down each start.
struct FakeLane final : ConnectionUser {
    FakeLane(std::string lane_name, std::vector<std::string>& log,
             std::shared_ptr<Target> its_target)
        : name{std::move(lane_name)}, started{log}, to{std::move(its_target)} {}
    [[nodiscard]] Want wants() const override {
        return waiting == 0 ? Want::nothing : retries ? Want::retry : Want::first;
    }
    [[nodiscard]] Standing standing(common::Instant) const override {
        return {is, urgent, oldest, answered};
    }
    [[nodiscard]] Target& target() const override { return *to; }
    [[nodiscard]] std::size_t next_bytes(Want) const override { return bytes; }
    std::optional<std::size_t> start_one(Want kind) override {
        EXPECT_EQ(kind, wants());
        if (changes_its_mind) {
            waiting = 0;
            return std::nullopt;
        }
        --waiting;
        ++in_flight;
        started.push_back(name);
        return bytes;
    }

    [[nodiscard]] std::optional<common::Instant> can_give_up() const override {
        return oldest ? std::optional{*oldest + HoldTimes::slow} : std::nullopt;
    }
    void give_up_one() override {
        ++given_up;
        oldest.reset();
    }

    std::string name;
    std::vector<std::string>& started;
    std::shared_ptr<Target> to;
    int waiting = 0;
    std::size_t in_flight = 0;
    Pace is = Pace::prompt;
    double urgent = 0;
    std::size_t bytes = 100; ///< of each event
    bool retries = false;
    std::optional<common::Instant> oldest; ///< start of its oldest attempt
    common::Instant answered = common::Instant::max();
    int given_up = 0;
    bool changes_its_mind = false; ///< what it wanted to start has expired
};

struct ConnectionBudgetTest : ::testing::Test {
    using Names = std::vector<std::string>;
    using Lane = std::shared_ptr<FakeLane>;

    Lane lane(const std::string& name, Pace pace = Pace::prompt,
              std::shared_ptr<Target> target = {}) {
        if (!target) {
            target = std::make_shared<Target>(Target{"http://" + name});
        }
        ++target->webhooks;
        auto made = std::make_shared<FakeLane>(name, started, target);
        made->is = pace;
        return made;
    }
    void want(const Lane& lane, int count) {
        lane->waiting += count;
        budget.want(lane);
    }
    void end_one(const Lane& lane) {
        --lane->in_flight;
        budget.release(*lane, lane->retries, lane->bytes);
    }
    /// What has started since the last call.
    Names news() { return std::exchange(started, {}); }

    Config config = [] {
        Config made;
        made.delivery.connections = 4;
        made.delivery.connections_per_target = 3;
        return made;
    }();
    Names started;
    common::asio::io_context loop;
    TestClock clock{loop};
    ConnectionBudget budget{config, clock};
    Lane a = lane("a"), b = lane("b"), c = lane("c");
    Lane x = lane("x", Pace::silent), y = lane("y", Pace::silent);
};

} // namespace test

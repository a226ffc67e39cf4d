// The web servers that people put behind a webhook, as they are installed: restarted and killed in
// the middle of bursts, and sent events just when they close idle connections.
//
// Each server writes a request down before it answers it. An event was delivered twice if a server
// has it more than once, other than by a later attempt after a kill -9 that came after the first
// record: only then could the answer be lost.
#include "test/support/program.hpp"
#include "test/support/real_server.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <iostream>
#include <map>
#include <set>
#include <thread>

namespace {

using nlohmann::json;
using std::chrono::milliseconds;

constexpr std::size_t burst = 160;
constexpr std::size_t while_down = 16;
constexpr int restarts = 4;

class RealServers : public testing::TestWithParam<test::ServerKind> {
  protected:
    void SetUp() override {
        if (!test::RealServer::installed(GetParam())) {
            GTEST_SKIP() << "needs " << GetParam().package << " (scripts/setup.sh)";
        }
    }
};

/// One webhook for each address of the server, by camera.
std::string definitions(const test::RealServer& server) {
    json out = json::array();
    for (int address = 0; address < test::real_server_addresses; ++address) {
        out.push_back({{"name", "camera " + std::to_string(address)},
                       {"target", server.url(address)},
                       {"filters", {{"camera_in", {address}}}}});
    }
    return out.dump();
}

/// Sends events that the agent accepts, one after the other to each camera.
class Source {
  public:
    explicit Source(const test::Program& agent) : agent_{agent} {}

    void send(std::size_t count) {
        json events = json::array();
        for (std::size_t n = 0; n < count; ++n) {
            const auto id = "e" + std::to_string(sent_.size());
            events.push_back({{"id", id}, {"camera", sent_.size() % test::real_server_addresses}});
            sent_.insert(id);
        }
        ASSERT_EQ(agent_.post("/v1/events", events.dump()).status, 202U);
    }
    [[nodiscard]] const std::set<std::string>& sent() const { return sent_; }

  private:
    const test::Program& agent_;
    std::set<std::string> sent_;
};

struct Tally {
    std::size_t lost = 0, twice = 0, after_kill = 0;
    std::size_t failed = 0; ///< attempts before the last one of each delivery
    std::size_t most = 0;   ///< attempts of one delivery
};

Tally count(const test::RealServer& server, const std::set<std::string>& sent) {
    std::map<std::string, std::vector<test::ServerRecord>> deliveries; // by webhook-id
    std::map<std::string, std::set<std::string>> webhook_ids;          // by event
    for (auto& record : server.records()) {
        webhook_ids[record.event_id].insert(record.webhook_id);
        deliveries[record.webhook_id].push_back(std::move(record));
    }
    Tally tally;
    for (const auto& id : sent) {
        const auto found = webhook_ids.find(id);
        tally.lost += found == webhook_ids.end() ? 1 : 0;
        tally.twice += found == webhook_ids.end() ? 0 : found->second.size() - 1;
    }
    for (auto& [id, records] : deliveries) {
        std::ranges::sort(records, {}, &test::ServerRecord::attempt);
        for (std::size_t n = 1; n < records.size(); ++n) {
            const auto& first = records[n - 1];
            const auto& again = records[n];
            const bool excused = server.was_killed(first.life) && again.life > first.life &&
                                 again.attempt > first.attempt;
            ++(excused ? tally.after_kill : tally.twice);
        }
        tally.failed += records.back().attempt - 1;
        tally.most = std::max<std::size_t>(tally.most, records.back().attempt);
    }
    return tally;
}

bool drained(const json& status) {
    return status["queue"]["pending"] == 0;
}

std::string what_waits(const test::Program& agent) {
    return agent.get("/v1/deliveries").body + "\n" + agent.status()["webhooks"].dump(1) + "\n";
}

std::size_t failed_attempts(const json& status) {
    std::size_t sum = 0;
    for (const auto& webhook : status["webhooks"]) {
        sum += webhook["failed"].get<std::size_t>();
    }
    return sum;
}

void restart_in_bursts(test::RealServer& server, const test::Program& agent, Source& source) {
    for (int round = 0; round < restarts; ++round) {
        const auto before = server.records().size();
        source.send(burst);
        ASSERT_TRUE(agent.wait_until([&](const json&) {
            return server.records().size() >= before + burst / 8;
        })) << server.log()
            << agent.log();
        round % 2 == 0 ? server.kill() : server.stop();
        source.send(while_down);
        server.start();
    }
    ASSERT_TRUE(agent.wait_until(drained)) << what_waits(agent) << server.log() << agent.log();
}

/// To each address an event, and another when the server, or the agent, closes its connection.
void trickle(const test::ServerKind& kind, Source& source) {
    const std::pair<milliseconds, milliseconds> spans[] = {
        {kind.closes_from, kind.closes_to},
        {milliseconds{440}, milliseconds{560}}, // the agent gives it up
        {kind.closes_from - milliseconds{30}, kind.closes_to + milliseconds{30}}};
    for (const auto& [from, to] : spans) {
        source.send(test::real_server_addresses);
        const auto start = std::chrono::steady_clock::now();
        for (int n = 0; n < test::real_server_addresses; ++n) {
            std::this_thread::sleep_until(start + from +
                                          (to - from) * n / (test::real_server_addresses - 1));
            source.send(1);
        }
    }
}

TEST_P(RealServers, GetEveryEventOnce) {
    test::RealServer server{GetParam()};
    // A delivery that fails at each restart would otherwise wait for longer than this test does.
    test::Program agent{
        {{"webhooks", {{"file", "webhooks.json"}}}, {"delivery", {{"retry_max", "2s"}}}}};
    agent.folder().write("webhooks.json", definitions(server));
    agent.start();
    Source source{agent};
    ASSERT_NO_FATAL_FAILURE(restart_in_bursts(server, agent, source));
    const auto failed_before = failed_attempts(agent.status());
    ASSERT_NO_FATAL_FAILURE(trickle(GetParam(), source));
    ASSERT_TRUE(agent.wait_until(drained)) << what_waits(agent) << server.log() << agent.log();

    const auto status = agent.status();
    const auto failed = failed_attempts(status);
    const auto tally = count(server, source.sent());
    const auto dead = status["queue"]["dead"].get<std::size_t>();
    std::cout << GetParam().name << ": events " << source.sent().size() << ", restarts " << restarts
              << ", lost " << tally.lost << ", twice " << tally.twice << ", dead " << dead
              << ", failed attempts " << failed << " (" << failed - failed_before
              << " in the trickle, at most " << tally.most - 1
              << " of a delivery), again after a kill " << tally.after_kill << "\n";
    EXPECT_EQ(tally.lost, 0U) << server.log() << agent.log();
    EXPECT_EQ(tally.twice, 0U) << server.log() << agent.log();
    EXPECT_EQ(dead, 0U);
    EXPECT_EQ(tally.failed, failed) << "as many attempts as the agent says";
    EXPECT_EQ(agent.stop(), 0);
}

INSTANTIATE_TEST_SUITE_P(Installed, RealServers, testing::ValuesIn(test::server_kinds()),
                         [](const auto& kind) { return std::string{kind.param.name}; });

} // namespace

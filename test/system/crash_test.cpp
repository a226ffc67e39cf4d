// SIGKILL at random moments under load: every event that was answered with 202 arrives.
#include "test/support/program.hpp"
#include "test/support/scripted_server.hpp"

#include <atomic>
#include <csignal>
#include <gtest/gtest.h>
#include <mutex>
#include <random>
#include <set>
#include <thread>

namespace {

using nlohmann::json;

constexpr int rounds = 20;
constexpr unsigned producers = 4;

/// Every 202 is an obligation to deliver.
class Obligations {
  public:
    std::string next_id() { return "event-" + std::to_string(++last_); }
    void accepted(const std::string& id) {
        const std::lock_guard lock{mutex_};
        accepted_.insert(id);
        ++count_;
    }
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::set<std::string> all() const { return accepted_; }

  private:
    std::mutex mutex_;
    std::set<std::string> accepted_;
    std::atomic<std::uint64_t> last_{0};
    std::atomic<std::size_t> count_{0};
};

// Fault: the process is killed | nothing acknowledged is lost
TEST(Crash, EveryAcceptedEventArrives) {
    std::mutex mutex;
    std::map<std::string, std::map<std::string, std::size_t>> arrived; // by path and event id
    std::atomic<unsigned> calls{0};
    test::ScriptedServer target{[&](const test::Seen& seen) {
        // Every seventh call is refused, so that retries are interrupted too.
        if (++calls % 7 == 0) {
            return test::Answer{503, {}, "", test::Answer::Fault::none};
        }
        const std::lock_guard lock{mutex};
        ++arrived[seen.target][json::parse(seen.body).at("id").get<std::string>()];
        return test::Answer{};
    }};
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}}}};
    agent.folder().write(
        "webhooks.json",
        json::array(
            {{{"name", "one"}, {"target", target.url("/one")}},
             {{"name", "two"}, {"target", target.url("/two")}, {"filters", {{"camera_in", 1}}}}})
            .dump());
    Obligations obligations;
    std::mt19937 random{20240307};
    for (int round = 0; round < rounds; ++round) {
        agent.start();
        std::atomic<bool> dead{false};
        std::vector<std::thread> threads;
        for (unsigned i = 0; i < producers; ++i) {
            threads.emplace_back([&] {
                while (!dead) {
                    const auto id = obligations.next_id();
                    const auto reply = agent.try_post(
                        "/v1/events", json{{"id", id}, {"type", "face"}, {"camera", 1}}.dump());
                    if (reply && reply->status == 202) {
                        obligations.accepted(id);
                    }
                }
            });
        }
        const auto enough =
            obligations.count() + std::uniform_int_distribution<std::size_t>{1, 60}(random);
        while (obligations.count() < enough) {
            std::this_thread::yield();
        }
        agent.signal(SIGKILL);
        dead = true;
        for (auto& thread : threads) {
            thread.join();
        }
        agent.kill();
    }
    agent.start();
    ASSERT_TRUE(agent.wait_until([](const json& status) {
        return status["queue"]["pending"] == 0;
    })) << agent.log();
    EXPECT_EQ(agent.stop(), 0);
    ASSERT_GE(obligations.count(), rounds);
    std::size_t again = 0;
    for (const auto* path : {"/one", "/two"}) {
        for (const auto& id : obligations.all()) {
            const auto times = arrived[path][id];
            EXPECT_GE(times, 1U) << id << " is lost at " << path;
            again += times - std::min<std::size_t>(times, 1);
        }
    }
    RecordProperty("obligations", std::to_string(obligations.count()));
    RecordProperty("delivered_again", std::to_string(again));
    std::cout << "rounds " << rounds << ", obligations " << 2 * obligations.count()
              << ", delivered again " << again << "\n";
}

} // namespace

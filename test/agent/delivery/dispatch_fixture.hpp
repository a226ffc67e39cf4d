// Dispatching: a dispatcher with a real queue and webhook cache on a database of its own, targets
// that answer as the test says, and one loop whose clock stands still until it is moved.
#pragma once

#include "agent/delivery/dispatcher.hpp"
#include "agent/store/salvage.hpp"
#include "test/support/fake_http.hpp"
#include "test/support/program.hpp"
#include "test/support/test_clock.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace test {

using common::Millis;
using std::chrono::seconds;

/// The part of the agent that delivers, from opening the database on.
struct Parts {
    Parts(common::asio::io_context& loop, TestClock& clock, const agent::Config& config,
          common::HttpClient& client)
        : database{loop.get_executor(), loop.get_executor()}, cache{database, config},
          queue{loop.get_executor(), clock, database, config, stats},
          dispatcher{loop.get_executor(), clock, client, queue, cache, config, stats},
          others{loop.get_executor()} {}

    void start(const agent::Config& config, std::vector<agent::Definition> webhooks) {
        const auto opened = agent::open_database(database, config.queue.path, config.queue.sync);
        ASSERT_TRUE(opened) << opened.error().message;
        const auto loaded = cache.load(std::move(webhooks));
        ASSERT_TRUE(loaded) << loaded.error().message;
        queue.load();
        queue.on_committed([this](std::vector<agent::Delivery> deliveries) {
            dispatcher.committed(std::move(deliveries));
        });
        queue.on_rows_changed(
            [this](const agent::Selection& selection) { dispatcher.rows_changed(selection); });
        cache.on_change([this] { dispatcher.update_lanes(); });
        queue.start(others);
        dispatcher.update_lanes();
    }

    common::Database database;
    agent::Counters stats;
    agent::WebhookCache cache;
    agent::Queue queue;
    agent::Dispatcher dispatcher;
    common::TaskGroup others;
};

/// One request as a target saw it.
struct Attempt {
    std::string origin;
    std::string path;
    std::string event;
    int number = 0; ///< ffl-attempt
    std::string webhook_id;
    std::int64_t timestamp = 0;
    common::Instant at;
};

class Dispatching : public ::testing::Test {
  protected:
    using Answer = std::optional<FakeHttp::Answer>;
    using Target = std::function<Answer(const Attempt&)>;
    /// A kind of target and its name, for loops over several.
    struct Named {
        const char* name;
        Target target;
    };

    // What targets do.
    static Answer ok(const Attempt&) { return FakeHttp::status(204); }
    static Answer refuse(const Attempt&) { return FakeHttp::no_answer(); }
    static Answer unwell(const Attempt&) { return FakeHttp::status(503); }
    static Answer hang(const Attempt&) { return std::nullopt; }

    static agent::Definition webhook(const std::string& key, const std::string& target,
                                     unsigned send_attempts = 0, bool active = true) {
        const nlohmann::json json{{"name", "w" + key},
                                  {"target", target},
                                  {"send_attempts", send_attempts},
                                  {"active", active}};
        return {key, json.dump()};
    }

    void SetUp() override { config.queue.path = folder.file("agent.db"); }

    void TearDown() override {
        if (parts) {
            stop();
        }
    }

    void start(std::vector<agent::Definition> webhooks) {
        parts.emplace(loop, clock, config, *client);
        ASSERT_NO_FATAL_FAILURE(parts->start(config, std::move(webhooks)));
        clock.settle();
    }

    /// Starts nothing new, answers hanging requests with an error and ends everything.
    void stop() {
        if (!stopped) {
            begin_stop(seconds{1});
        }
        while (http.hanging() > 0) {
            http.release(FakeHttp::no_answer("the test is over"));
        }
        clock.settle();
        EXPECT_TRUE(stopped);
        parts->others.cancel();
        clock.settle();
        ASSERT_EQ(parts->others.size(), 0U);
        parts->database.close();
        parts.reset();
        stopped = false;
    }

    void begin_stop(Millis grace) {
        common::asio::co_spawn(loop, parts->dispatcher.stop(grace), [this](std::exception_ptr why) {
            EXPECT_FALSE(why);
            stopped = true;
        });
        clock.settle();
    }

    void redefine(std::vector<agent::Definition> webhooks) {
        parts->cache.rebuild(std::move(webhooks));
        clock.settle();
    }

    /// Adds `count` events, "e1", "e2" and so on, each to be delivered to these webhooks.
    void add(const std::vector<std::string>& keys, int count = 1) {
        std::vector<agent::NewEvent> events;
        for (int i = 0; i < count; ++i) {
            agent::NewEvent event;
            event.event_id = "e" + std::to_string(++last_event);
            event.bytes = std::make_shared<const std::string>(R"({"type":"face","id":")" +
                                                              event.event_id + R"("})");
            for (const auto& key : keys) {
                event.deliveries.push_back({parts->cache.snapshot()->find(key), std::nullopt});
            }
            events.push_back(std::move(event));
        }
        const auto accepted = run(loop, parts->queue.add(std::move(events)));
        ASSERT_TRUE(accepted) << accepted.error().message;
        clock.settle();
    }

    void advance(Millis span) { clock.advance(span); }

    [[nodiscard]] std::vector<Attempt> seen_of(const std::string& event) const {
        std::vector<Attempt> found;
        std::copy_if(seen.begin(), seen.end(), std::back_inserter(found),
                     [&](const Attempt& one) { return one.event == event; });
        return found;
    }
    [[nodiscard]] std::vector<Attempt> seen_at(const std::string& origin) const {
        std::vector<Attempt> found;
        std::copy_if(seen.begin(), seen.end(), std::back_inserter(found),
                     [&](const Attempt& one) { return one.origin == origin; });
        return found;
    }
    [[nodiscard]] std::vector<std::string> events() const {
        std::vector<std::string> ids;
        for (const auto& one : seen) {
            ids.push_back(one.event);
        }
        return ids;
    }
    [[nodiscard]] std::uint64_t pending() const { return parts->queue.stats().pending; }
    [[nodiscard]] std::uint64_t dead() const { return parts->queue.stats().dead; }
    [[nodiscard]] agent::TargetStatus lane(const std::string& origin) const {
        for (const auto& one : parts->dispatcher.targets()) {
            if (one.target == origin) {
                return one;
            }
        }
        ADD_FAILURE() << "no target " << origin;
        return {};
    }

    /// The n-th wait (from 1) lies between half and all of min(1 s * 2^(n-1), 100 s).
    static void expect_backoff(const std::vector<Attempt>& attempts, std::size_t first = 1) {
        for (std::size_t i = 1; i < attempts.size(); ++i) {
            const auto n = i + first - 1;
            const auto whole =
                std::min<Millis>(seconds{1LL << std::min<std::size_t>(n - 1, 10)}, seconds{100});
            const auto waited = attempts[i].at - attempts[i - 1].at;
            EXPECT_GE(waited, whole / 2) << "wait " << n;
            EXPECT_LE(waited, whole) << "wait " << n;
            EXPECT_EQ(attempts[i].number, attempts[i - 1].number + 1);
        }
    }

    FakeHttp::Script script() {
        return [this](const common::HttpRequest& request) -> Answer {
            const auto header = [&](std::string_view name) {
                return std::string{common::find_header(request.headers, name).value_or("")};
            };
            Attempt one{request.url.origin(),
                        request.url.target,
                        nlohmann::json::parse(request.body)["id"].get<std::string>(),
                        std::stoi(header("ffl-attempt")),
                        header("webhook-id"),
                        std::stoll(header("webhook-timestamp")),
                        clock.now()};
            seen.push_back(one);
            const auto target = targets.find(one.origin);
            return target == targets.end() ? ok(one) : target->second(one);
        };
    }

    static constexpr const char* a = "http://a.example";
    static constexpr const char* b = "http://b.example";

    common::asio::io_context loop;
    TestClock clock{loop};
    TempFolder folder;
    agent::Config config;
    FakeHttp http{loop.get_executor(), script()};
    common::HttpClient* client = &http;
    std::map<std::string, Target> targets; ///< by origin; others answer 204
    std::vector<Attempt> seen;
    std::optional<Parts> parts;
    int last_event = 0;
    bool stopped = false;
};

} // namespace test

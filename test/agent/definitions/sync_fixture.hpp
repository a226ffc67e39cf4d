// SyncFixture: an agent::Sync between a scripted FindFace Lite server (FindfaceFixture) and a cache
// on a real file.
#pragma once

#include "agent/definitions/sync.hpp"
#include "agent/store/schema.hpp"
#include "test/agent/findface/findface_fixture.hpp"
#include "test/support/program.hpp"

namespace test {

using Keys = std::vector<std::string>;

struct SyncFixture : FindfaceFixture {
    SyncFixture() {
        EXPECT_TRUE(database.open(folder.file("agent.db"), common::Sync::normal));
        const auto migrated = database.run_now(agent::migrate);
        EXPECT_TRUE(migrated && *migrated);
        EXPECT_TRUE(cache.load({}));
    }
    ~SyncFixture() override {
        while (http.hanging() > 0) {
            http.release(FakeHttp::no_answer());
            clock.settle();
        }
        group.cancel();
        clock.settle();
        if (database.is_open()) {
            database.close();
        }
    }

    void serve(const std::string& list) {
        on_call = [list](const common::HttpRequest&) { return json_answer(200, list); };
    }
    void fail() {
        on_call = [](const common::HttpRequest&) { return FakeHttp::no_answer(); };
    }
    void hang() {
        on_call = [](const common::HttpRequest&) { return std::nullopt; };
    }
    void start() {
        sync.start(group);
        clock.settle();
    }
    common::Result<agent::Changes> fetch() { return run(loop, sync.fetch()); }
    Keys served() {
        Keys keys;
        for (const auto& webhook : cache.snapshot()->webhooks) {
            keys.push_back(webhook->key);
        }
        return keys;
    }

    TempFolder folder;
    common::Database database{loop.get_executor(), loop.get_executor()};
    agent::WebhookCache cache{database, config};
    agent::Counters counters;
    agent::Sync sync{loop.get_executor(),      clock, client, cache, config, counters,
                     [this] { return chance; }};
    common::TaskGroup group{loop.get_executor()};
};

/// A fetch() that was started; its result comes later.
struct PendingFetch {
    explicit PendingFetch(SyncFixture& fixture) {
        common::asio::co_spawn(fixture.loop, fixture.sync.fetch(),
                               [this](std::exception_ptr, auto got) { result = std::move(got); });
    }
    PendingFetch(const PendingFetch&) = delete;
    PendingFetch& operator=(const PendingFetch&) = delete;
    std::optional<common::Result<agent::Changes>> result;
};

inline std::size_t lines_with(const std::string& text, const std::string& what) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++count;
    }
    return count;
}

} // namespace test

#include "agent/definitions/sync.hpp"

#include "common/async/joinable.hpp"
#include "common/base/log.hpp"

#include <algorithm>

namespace agent {

namespace {

using common::Result;
using common::Task;
namespace log = common::log;

constexpr common::Millis retry_first{1'000};
constexpr common::Millis retry_max{60'000};

} // namespace

struct Sync::State {
    State(common::Executor loop, common::Clock& its_clock, findface::Client& its_server,
          WebhookCache& its_cache, const Config& its_config, Counters& its_stats)
        : clock{its_clock}, server{its_server}, cache{its_cache}, config{its_config},
          stats{its_stats}, news{loop, its_clock}, fetching{loop, its_clock} {}

    common::Clock& clock;
    findface::Client& server;
    WebhookCache& cache;
    const Config& config;
    Counters& stats;
    common::Wakeup news; ///< `due` was set; the regular fetching waits here
    common::Joinable<Result<Changes>> fetching;
    common::Instant due{}; ///< of the next regular fetch
    unsigned failed = 0;   ///< fetches since the last good one

    void succeeded(const Changes& changes);
    void failed_with(const common::Error& error);
    static Task<Result<Changes>> fetch(std::shared_ptr<State> state);
    static Task<> keep_fetching(std::shared_ptr<State> state);
};

void Sync::State::succeeded(const Changes& changes) {
    stats.server.state = ServerStatus::State::ok;
    stats.server.last_sync = clock.wall();
    stats.server.last_error.clear();
    if (failed > 0) {
        log::info("webhooks are fetched again", {{"failed", failed}});
    }
    failed = 0;
    due = clock.now() + config.server.sync_interval;
    if (!changes.added.empty() || !changes.changed.empty() || !changes.removed.empty()) {
        log::info("webhooks changed", {{"added", changes.added.size()},
                                       {"changed", changes.changed.size()},
                                       {"removed", changes.removed.size()}});
    }
}

void Sync::State::failed_with(const common::Error& error) {
    stats.server.state = ServerStatus::State::failing;
    stats.server.last_error = error.message;
    ++stats.server.failures;
    if (failed == 0) {
        log::warn("webhooks cannot be fetched", {{"error", error.message}});
    }
    due = clock.now() + std::min(retry_first * (1U << std::min(failed, 6U)), retry_max);
    ++failed;
}

Task<Result<Changes>> Sync::State::fetch(std::shared_ptr<State> state) {
    while (state->fetching.under_way()) {
        auto join = state->fetching.join();
        auto joined = co_await std::move(join);
        if (joined) {
            co_return std::move(*joined);
        }
    }
    if (!state->config.server.url) {
        co_return Changes{};
    }
    auto lead = state->fetching.lead();
    Result<Changes> result;
    auto call = state->server.list();
    auto list = co_await std::move(call);
    if (list) {
        auto store = state->cache.replace_server_list(std::move(*list));
        result = co_await std::move(store);
    } else {
        result = common::fail(std::move(list.error()));
    }
    const auto hurried = state->due;
    if (result) {
        state->succeeded(*result);
    } else {
        state->failed_with(result.error());
    }
    if (lead.outdated()) {
        state->due = hurried;
    }
    state->news.notify();
    lead.done(result);
    co_return result;
}

Task<> Sync::State::keep_fetching(std::shared_ptr<State> state) {
    for (;;) {
        if (!state->config.server.url) {
            state->stats.server.state = ServerStatus::State::standalone;
            state->stats.server.last_error.clear();
            auto wait = state->news.wait();
            co_await std::move(wait);
        } else if (state->clock.now() < state->due) {
            auto wait = state->news.wait_until(state->due);
            co_await std::move(wait);
        } else {
            auto call = fetch(state);
            co_await std::move(call);
        }
    }
}

Sync::Sync(common::Executor loop, common::Clock& clock, findface::Client& server,
           WebhookCache& cache, const Config& config, Counters& stats)
    : state_{std::make_shared<State>(std::move(loop), clock, server, cache, config, stats)} {
    stats.server.state =
        config.server.url ? ServerStatus::State::starting : ServerStatus::State::standalone;
}

Sync::~Sync() = default;

void Sync::start(common::TaskGroup& group) {
    state_->due = state_->clock.now();
    group.spawn("sync", State::keep_fetching(state_));
}

common::Task<common::Result<Changes>> Sync::fetch() {
    return State::fetch(state_);
}

void Sync::refetch_now() {
    state_->fetching.outdate();
    state_->due = state_->clock.now();
    state_->news.notify();
}

} // namespace agent

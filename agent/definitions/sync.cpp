#include "agent/definitions/sync.hpp"

#include "agent/definitions/local_file.hpp"
#include "agent/definitions/removal.hpp"
#include "common/async/joinable.hpp"
#include "common/base/log.hpp"

#include <unordered_set>

namespace agent {

namespace {

using common::Result;
using common::Task;
namespace log = common::log;

using Definitions = std::vector<Definition>;

std::unordered_set<std::string> keys_of(const Definitions& list) {
    std::unordered_set<std::string> keys;
    for (const auto& definition : list) {
        keys.insert(definition.key);
    }
    return keys;
}

/// What either of two readings has is there, as the second one has it.
Definitions merged(Definitions first, Definitions second) {
    const auto keys = keys_of(second);
    for (auto& definition : first) {
        if (!keys.contains(definition.key)) {
            second.push_back(std::move(definition));
        }
    }
    return second;
}

constexpr common::Backoff backoff{.initial = common::Millis{1'000}, .max = common::Millis{60'000}};

} // namespace

struct Sync::State {
    common::Executor loop;
    common::Clock& clock;
    findface::Client& client;
    WebhookCache& cache;
    const Config& config;
    Counters& counters;
    common::Chance chance;

    common::Wakeup due_changed{loop, clock}; ///< wakes the regular fetching
    common::Joinable<Result<Changes>> fetching{loop, clock};
    common::Instant due{};    ///< when the next regular fetch begins
    std::uint32_t failed = 0; ///< fetches since the last good one

    [[nodiscard]] std::string own_hint(common::Fault fault) const;
    void note_success(const Changes& changes);
    void note_failure(const common::Error& error);
    static Task<Result<Definitions>> read_list(std::shared_ptr<State> state);
    static Task<Result<Changes>> fetch(std::shared_ptr<State> state);
    static Task<Result<Changes>> sync_now(std::shared_ptr<State> state);
    static Task<> keep_fetching(std::shared_ptr<State> state);
};

void Sync::State::note_success(const Changes& changes) {
    counters.server.state = ServerStatus::State::ok;
    counters.server.last_sync = clock.wall();
    counters.server.last_error.clear();
    counters.server.failing_since.reset();
    if (failed > 0) {
        log::info("fetching webhooks works again", {{"failures", failed}});
    }
    failed = 0;
    due = clock.now() + config.server.sync_interval;
    if (!changes.empty()) {
        log::info("webhooks changed", {{"added", changes.added.size()},
                                       {"changed", changes.changed.size()},
                                       {"removed", changes.removed.size()}});
    }
}

/// Where the trouble is this device's own rather than the server's, so that nobody looks there.
std::string Sync::State::own_hint(common::Fault fault) const {
    if (fault == common::Fault::own) {
        return "a fault of this device, not of the server";
    }
    return fault == common::Fault::date && !clock.synchronized()
               ? "the clock of this device is not synchronised"
               : "";
}

void Sync::State::note_failure(const common::Error& error) {
    counters.server.state = ServerStatus::State::failing;
    counters.server.last_error = error.message;
    counters.server.fault = error.fault;
    if (!counters.server.failing_since) {
        counters.server.failing_since = clock.now();
    }
    ++counters.server.failures;
    counters.server.refused_logins += error.fault == common::Fault::refused ? 1 : 0;
    const auto hint = own_hint(error.fault);
    if (failed == 0 && hint.empty()) {
        log::warn("cannot fetch webhooks", {{"error", error.message}});
    } else if (failed == 0) {
        log::warn("cannot fetch webhooks", {{"error", error.message}, {"hint", hint}});
    }
    due = clock.now() + backoff.wait(++failed, chance());
}

/// The server's list. Pages move while they are read, so that a webhook may stand on none of them,
/// and a list may break off without a sign: one counts as removed only when a second reading, made
/// at once, lacks it too, and the server does not have it either when it is asked for it.
Task<Result<Definitions>> Sync::State::read_list(std::shared_ptr<State> state) {
    for (;;) {
        const auto server = state->config.server;
        auto first = co_await state->client.fetch_list();
        if (!first) {
            co_return common::fail(std::move(first.error()));
        }
        if (state->cache.missing_in(first->definitions).empty()) {
            co_return std::move(first->definitions);
        }
        auto second = co_await state->client.fetch_list();
        if (!second) {
            co_return common::fail(std::move(second.error()));
        }
        Removal removal;
        removal.readings_agree = keys_of(first->definitions) == keys_of(second->definitions);
        removal.doubt = first->doubt.empty() ? second->doubt : first->doubt;
        auto list = merged(std::move(first->definitions), std::move(second->definitions));
        removal.keys = state->cache.missing_in(list);
        if (!list.empty()) {
            removal.listed = list.front().key;
        }
        Result<void> confirmed;
        if (!removal.keys.empty()) {
            confirmed = co_await confirm_removal(state->client, std::move(removal));
        }
        // After a change of the configuration the answers may be of two servers or users.
        if (server.url != state->config.server.url ||
            server.username != state->config.server.username) {
            continue;
        }
        if (!confirmed) {
            co_return common::fail(std::move(confirmed.error()));
        }
        co_return list;
    }
}

Task<Result<Changes>> Sync::State::fetch(std::shared_ptr<State> state) {
    while (state->fetching.under_way()) {
        auto joined = co_await state->fetching.join();
        if (joined) {
            co_return std::move(*joined);
        }
    }
    if (!state->config.server.url) {
        co_return Changes{};
    }
    auto lead = state->fetching.lead();
    Result<Changes> result;
    auto list = co_await read_list(state);
    if (list) {
        result = co_await state->cache.replace_server_list(std::move(*list));
    } else {
        result = common::fail(std::move(list.error()));
    }
    const auto due_before = state->due;
    if (result) {
        state->note_success(*result);
    } else {
        state->note_failure(result.error());
    }
    if (lead.outdated()) {
        state->due = due_before; // refetch_now() was called meanwhile
    }
    state->due_changed.notify();
    lead.done(result);
    co_return result;
}

Task<Result<Changes>> Sync::State::sync_now(std::shared_ptr<State> state) {
    auto local = read_local(state->config);
    if (!local) {
        co_return common::fail(local.error());
    }
    auto changes = state->cache.rebuild(std::move(*local));
    state->client.retry_login_now();
    // One under way may have read the list before what its caller wants to see was there.
    state->fetching.outdate();
    const auto fetched = co_await fetch(state);
    if (!fetched) {
        co_return common::fail(fetched.error());
    }
    changes.append(*fetched);
    co_return changes;
}

Task<> Sync::State::keep_fetching(std::shared_ptr<State> state) {
    for (;;) {
        if (!state->config.server.url) {
            state->counters.server.state = ServerStatus::State::standalone;
            state->counters.server.last_error.clear();
            state->counters.server.failing_since.reset();
            co_await state->due_changed.wait();
        } else if (state->clock.now() < state->due) {
            co_await state->due_changed.wait_until(state->due);
        } else {
            co_await fetch(state);
        }
    }
}

Sync::Sync(common::Executor loop, common::Clock& clock, findface::Client& client,
           WebhookCache& cache, const Config& config, Counters& counters, common::Chance chance)
    : state_{
          new State{std::move(loop), clock, client, cache, config, counters, std::move(chance)}} {
    counters.server.state =
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

common::Task<common::Result<Changes>> Sync::sync_now() {
    return State::sync_now(state_);
}

void Sync::refetch_now() {
    state_->fetching.outdate();
    state_->due = state_->clock.now();
    state_->due_changed.notify();
}

} // namespace agent

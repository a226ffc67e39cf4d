#include "agent/queue/queue.hpp"

#include "agent/queue/queue_state.hpp"

#include <algorithm>

namespace agent {

namespace {

using common::Result;
using common::Task;

std::uint64_t at_least_zero(std::int64_t count) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0));
}

} // namespace

Outbox::Outbox(common::Executor loop, common::Clock& clock, common::Database& database, const Config& config, Stats& stats) {
    Committer::Listeners listeners;
    listeners.fresh = [this](std::vector<Delivery> deliveries) {
        if (on_new_) {
            on_new_(std::move(deliveries));
        }
    };
    listeners.changed = [this](const Selection& selection) {
        if (on_edit_) {
            on_edit_(selection);
        }
    };
    state_ = std::make_unique<State>(std::move(loop), clock, database, config, stats, std::move(listeners));
}

Outbox::~Outbox() = default;

Result<void> Outbox::load() {
    auto loaded = state_->store.load();
    if (!loaded) {
        return common::fail("cannot read the queue", loaded.error());
    }
    state_->time.start(loaded->anchor, loaded->newest_accepted_at);
    state_->committer.load(std::move(*loaded));
    return {};
}

void Outbox::start(common::TaskGroup& group) {
    group.spawn("committer", state_->committer.run());
}

Task<Result<Accepted>> Outbox::add(std::vector<NewEvent> events) {
    return state_->committer.add(std::move(events));
}

void Outbox::settle(Settlement settlement) {
    state_->committer.settle(std::move(settlement));
}

Task<> Outbox::flush() {
    return state_->committer.flush();
}

Task<Result<DueBatch>> Outbox::fresh(std::vector<std::string> webhooks, std::int64_t after, std::size_t limit) {
    for (;;) {
        auto look = [wanted = Wanted{webhooks, state_->committer.settlements().ids(webhooks), {}, limit},
                     after](common::Connection& connection, OutboxTables& tables) { return tables.fresh(connection, wanted, after); };
        auto job = state_->store.run(std::move(look));
        auto batch = co_await std::move(job);
        if (!batch) {
            co_return common::fail(batch.error());
        }
        state_->leave_out_settled(*batch);
        if (!batch->deliveries.empty() || !batch->more) {
            co_return batch;
        }
    }
}

Task<Result<DueBatch>> Outbox::due(std::vector<std::string> webhooks, std::size_t limit) {
    const auto& settlements = state_->committer.settlements();
    // Outcomes need no commit of their own for this look, but for retries that are due before they were written.
    if (!settlements.due(webhooks, state_->time.now()).empty()) {
        auto written = flush();
        co_await std::move(written);
    }
    for (;;) {
        const auto now = state_->time.now();
        auto look = [wanted = Wanted{webhooks, settlements.ids(webhooks), settlements.due(webhooks, now), limit},
                     now](common::Connection& connection, OutboxTables& tables) { return tables.due(connection, wanted, now); };
        auto job = state_->store.run(std::move(look));
        auto batch = co_await std::move(job);
        if (!batch) {
            co_return common::fail(batch.error());
        }
        state_->leave_out_settled(*batch);
        if (const auto unwritten = settlements.earliest_due(webhooks, now)) {
            batch->next_due = std::min(batch->next_due.value_or(*unwritten), *unwritten);
        }
        if (!batch->deliveries.empty() || !batch->more) {
            co_return batch;
        }
    }
}

Task<Result<RowPage>> Outbox::list(Selection selection, std::int64_t after, std::size_t limit, bool with_bodies) {
    auto written = flush();
    co_await std::move(written);
    auto read = [=, now = state_->time.now()](common::Connection& connection, OutboxTables&) {
        return read_rows(connection, selection, after, limit, with_bodies, now);
    };
    auto job = state_->store.run(std::move(read));
    co_return co_await std::move(job);
}

Task<Result<std::optional<DeliveryRow>>> Outbox::show(std::int64_t id) {
    auto written = flush();
    co_await std::move(written);
    auto read = [id, now = state_->time.now()](common::Connection& connection, OutboxTables&) { return read_row(connection, id, now); };
    auto job = state_->store.run(std::move(read));
    co_return co_await std::move(job);
}

std::int64_t Outbox::queue_time() const {
    return state_->time.now();
}

QueueStats Outbox::stats() const {
    const auto& counts = state_->counts;
    const auto& store = state_->store;
    const auto leaving = state_->committer.settlements().leaving();
    QueueStats stats;
    stats.pending = at_least_zero(counts.all.pending - static_cast<std::int64_t>(leaving.pending));
    stats.dead = at_least_zero(counts.all.dead + static_cast<std::int64_t>(leaving.dying));
    stats.bytes = counts.sizes.files();
    stats.max_bytes = state_->config.queue.max_size;
    if (stats.pending > 0 && counts.oldest) {
        stats.oldest_ms = std::max<std::int64_t>(state_->time.now() - *counts.oldest, 0);
    }
    stats.degraded = store.degraded();
    stats.full = state_->committer.full();
    stats.last_error = store.last_error();
    return stats;
}

std::uint64_t Outbox::pending(const std::string& webhook) const {
    const auto leaving = state_->committer.settlements().leaving(webhook);
    return at_least_zero(state_->counts.of(webhook).pending - static_cast<std::int64_t>(leaving.pending));
}

std::uint64_t Outbox::dead(const std::string& webhook) const {
    const auto leaving = state_->committer.settlements().leaving(webhook);
    return at_least_zero(state_->counts.of(webhook).dead + static_cast<std::int64_t>(leaving.dying));
}

} // namespace agent

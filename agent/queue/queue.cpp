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

Queue::Queue(common::Executor loop, common::Clock& clock, common::Database& database,
             const Config& config, Counters& stats) {
    Committer::Listeners listeners;
    listeners.committed = [this](std::vector<Delivery> deliveries) {
        if (on_new_) {
            on_new_(std::move(deliveries));
        }
    };
    listeners.rows_changed = [this](const Selection& selection) {
        if (on_edit_) {
            on_edit_(selection);
        }
    };
    state_ = std::make_unique<State>(std::move(loop), clock, database, config, stats,
                                     std::move(listeners));
}

Queue::~Queue() = default;

Result<void> Queue::load() {
    auto loaded = state_->database.load();
    if (!loaded) {
        return common::fail("cannot read the queue", loaded.error());
    }
    state_->time.start(loaded->anchor, loaded->newest_accepted_at);
    state_->committer.load(std::move(*loaded));
    return {};
}

void Queue::start(common::TaskGroup& group) {
    group.spawn("committer", state_->committer.run());
}

Task<Result<Accepted>> Queue::add(std::vector<NewEvent> events) {
    return state_->committer.add(std::move(events));
}

void Queue::record(RecordedOutcome recorded) {
    state_->committer.record(std::move(recorded));
}

Task<> Queue::flush() {
    return state_->committer.flush();
}

Task<Result<DueBatch>> Queue::fresh(std::vector<std::string> webhooks, std::int64_t after,
                                    std::size_t limit) {
    for (;;) {
        auto look = [wanted =
                         LaneQuery{webhooks, state_->committer.outcomes().ids(webhooks), {}, limit},
                     after](common::Connection& connection, QueueTables& tables) {
            return tables.fresh(connection, wanted, after);
        };
        auto job = state_->database.run(std::move(look));
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

Task<Result<DueBatch>> Queue::due(std::vector<std::string> webhooks, std::size_t limit) {
    const auto& outcomes = state_->committer.outcomes();
    // Outcomes need no commit of their own for this look, but for retries that are due before they
    // were written.
    if (!outcomes.due(webhooks, state_->time.now()).empty()) {
        auto written = flush();
        co_await std::move(written);
    }
    for (;;) {
        const auto now = state_->time.now();
        auto look = [wanted = LaneQuery{webhooks, outcomes.ids(webhooks),
                                        outcomes.due(webhooks, now), limit},
                     now](common::Connection& connection, QueueTables& tables) {
            return tables.due(connection, wanted, now);
        };
        auto job = state_->database.run(std::move(look));
        auto batch = co_await std::move(job);
        if (!batch) {
            co_return common::fail(batch.error());
        }
        state_->leave_out_settled(*batch);
        if (const auto unwritten = outcomes.earliest_due(webhooks, now)) {
            batch->next_due = std::min(batch->next_due.value_or(*unwritten), *unwritten);
        }
        if (!batch->deliveries.empty() || !batch->more) {
            co_return batch;
        }
    }
}

Task<Result<RowPage>> Queue::list(Selection selection, std::int64_t after, std::size_t limit,
                                  bool with_bodies) {
    auto written = flush();
    co_await std::move(written);
    auto read = [=, now = state_->time.now()](common::Connection& connection, QueueTables&) {
        return read_rows(connection, selection, after, limit, with_bodies, now);
    };
    auto job = state_->database.run(std::move(read));
    co_return co_await std::move(job);
}

Task<Result<std::optional<DeliveryRow>>> Queue::show(std::int64_t id) {
    auto written = flush();
    co_await std::move(written);
    auto read = [id, now = state_->time.now()](common::Connection& connection, QueueTables&) {
        return read_row(connection, id, now);
    };
    auto job = state_->database.run(std::move(read));
    co_return co_await std::move(job);
}

std::int64_t Queue::queue_time() const {
    return state_->time.now();
}

QueueStatus Queue::stats() const {
    const auto& counts = state_->counts;
    const auto& database = state_->database;
    const auto leaving = state_->committer.outcomes().leaving();
    QueueStatus stats;
    stats.pending = at_least_zero(counts.all.pending - static_cast<std::int64_t>(leaving.pending));
    stats.dead = at_least_zero(counts.all.dead + static_cast<std::int64_t>(leaving.dying));
    stats.bytes = counts.sizes.files();
    stats.max_bytes = state_->config.queue.max_size;
    if (stats.pending > 0 && counts.oldest) {
        stats.oldest_ms = std::max<std::int64_t>(state_->time.now() - *counts.oldest, 0);
    }
    stats.degraded = database.degraded();
    stats.full = state_->committer.full();
    stats.last_error = database.last_error();
    return stats;
}

std::uint64_t Queue::pending(const std::string& webhook) const {
    const auto leaving = state_->committer.outcomes().leaving(webhook);
    return at_least_zero(state_->counts.of(webhook).pending -
                         static_cast<std::int64_t>(leaving.pending));
}

std::uint64_t Queue::dead(const std::string& webhook) const {
    const auto leaving = state_->committer.outcomes().leaving(webhook);
    return at_least_zero(state_->counts.of(webhook).dead +
                         static_cast<std::int64_t>(leaving.dying));
}

} // namespace agent

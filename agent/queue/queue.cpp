#include "agent/queue/queue.hpp"

#include "agent/store/reading.hpp"

#include <algorithm>

namespace agent {

namespace {

using common::Connection;
using common::Result;
using common::Task;

/// A count from the disk with what is not written yet.
std::uint64_t up_to_date(std::int64_t count, std::int64_t change) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(count + change, 0));
}

} // namespace

Queue::Queue(common::Executor loop, common::Clock& clock, common::Database& database,
             const Config& config, Counters& stats)
    : config_{config}, time_{clock}, counts_{stats}, database_{clock, database, config},
      committer_{{loop, clock, config, time_, counts_, database_, listeners_}},
      upkeep_{{loop, clock, config, time_, counts_, database_, listeners_}, committer_} {}

Result<void> Queue::load() {
    const auto loaded = database_.load();
    if (!loaded) {
        return common::fail("cannot read the queue", loaded.error());
    }
    time_.start(loaded->anchor, loaded->newest_accepted_at);
    committer_.load(*loaded);
    return {};
}

/// To be called as soon as the batch has arrived: what is recorded later is the caller's own doing.
/// A retry whose last attempt is not written stays, as it may be days until the database can be
/// written again.
void Queue::leave_out_recorded(DueBatch& batch) const {
    const auto& outcomes = committer_.outcomes();
    std::erase_if(batch.deliveries, [&](const Delivery& one) {
        return outcomes.contains(one.id) && !outcomes.is_retry(one.id, one.attempts);
    });
}

Task<Result<DueBatch>> Queue::fresh(std::vector<std::string> webhooks, std::int64_t after,
                                    std::size_t limit) {
    for (;;) {
        auto read = [query = LaneQuery{webhooks, committer_.outcomes().ids(webhooks), {}, limit},
                     after](Connection& connection, OldestPending&) {
            return read_fresh(connection, query, after);
        };
        auto batch = co_await database_.run(std::move(read));
        if (batch) {
            leave_out_recorded(*batch);
        }
        if (!batch || !batch->deliveries.empty() || !batch->more) {
            co_return batch;
        }
    }
}

Task<Result<DueBatch>> Queue::due(std::vector<std::string> webhooks, std::size_t limit) {
    const auto& outcomes = committer_.outcomes();
    // Reading needs a commit of its own only for retries that are due before they were written.
    if (!outcomes.due(webhooks, time_.now()).empty()) {
        co_await flush();
    }
    for (;;) {
        const auto now = time_.now();
        auto read = [query = LaneQuery{webhooks, outcomes.ids(webhooks),
                                       outcomes.due(webhooks, now), limit},
                     now](Connection& connection, OldestPending&) {
            return read_due(connection, query, now);
        };
        auto batch = co_await database_.run(std::move(read));
        if (!batch) {
            co_return batch;
        }
        leave_out_recorded(*batch);
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
    co_await flush();
    auto read = [=, now = time_.now()](Connection& connection, OldestPending&) {
        return read_rows(connection, selection, after, limit, with_bodies, now);
    };
    co_return co_await database_.run(std::move(read));
}

Task<Result<std::optional<DeliveryRow>>> Queue::show(std::int64_t id) {
    co_await flush();
    auto read = [id, now = time_.now()](Connection& connection, OldestPending&) {
        return read_row(connection, id, now);
    };
    co_return co_await database_.run(std::move(read));
}

QueueStatus Queue::stats() const {
    const auto leaving = committer_.outcomes().leaving();
    QueueStatus status;
    status.pending = up_to_date(counts_.all.pending, -static_cast<std::int64_t>(leaving.pending));
    status.dead = up_to_date(counts_.all.dead, static_cast<std::int64_t>(leaving.dying));
    status.bytes = counts_.sizes.files();
    status.max_bytes = config_.queue.max_size;
    if (status.pending > 0 && counts_.oldest) {
        status.oldest_ms = std::max<std::int64_t>(time_.now() - *counts_.oldest, 0);
    }
    status.degraded = database_.degraded();
    status.full = committer_.admission().full();
    status.last_error = database_.last_error();
    return status;
}

std::uint64_t Queue::pending(const std::string& webhook) const {
    const auto leaving = committer_.outcomes().leaving(webhook);
    return up_to_date(counts_.of(webhook).pending, -static_cast<std::int64_t>(leaving.pending));
}

std::uint64_t Queue::dead(const std::string& webhook) const {
    const auto leaving = committer_.outcomes().leaving(webhook);
    return up_to_date(counts_.of(webhook).dead, static_cast<std::int64_t>(leaving.dying));
}

} // namespace agent

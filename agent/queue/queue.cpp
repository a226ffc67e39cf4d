#include "agent/queue/queue.hpp"

#include "agent/store/reading.hpp"
#include "common/base/log.hpp"

#include <algorithm>

namespace agent {

namespace {

using common::Connection;
using common::Result;
using common::Task;

constexpr const char* ended_three_times = "the agent ended three times in a row while handling it";

/// When to ask again, while the database cannot be read.
constexpr common::Millis readable_again{1'000};

/// A count from the disk with what is not written yet.
std::uint64_t up_to_date(std::int64_t count, std::int64_t change) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(count + change, 0));
}

} // namespace

Queue::Queue(common::Executor loop, common::Clock& clock, common::Database& database,
             const Config& config, Counters& stats)
    : clock_{clock}, config_{config}, time_{clock}, counts_{stats}, database_{clock, database,
                                                                              config},
      events_{clock, config}, suspects_{clock}, committer_{{loop, clock, config, time_, counts_,
                                                            database_, listeners_, events_}},
      upkeep_{{loop, clock, config, time_, counts_, database_, listeners_, events_}, committer_} {}

void Queue::load(const StartReport& start) {
    suspects_.begin(config_.queue.path);
    if (const auto loaded = database_.load(start)) {
        committer_.load(*loaded);
    }
}

void Queue::start(common::TaskGroup& group) {
    group.spawn("committer", run_committer());
    if (!suspects_.convicted().empty()) {
        group.spawn("convicted deliveries", bury_convicted());
    }
    suspects_.start([this](const std::vector<std::int64_t>& deliveries) {
        listeners_.rows_changed(Selection{deliveries, {}, {}});
    });
}

Task<> Queue::run_committer() {
    co_await committer_.run();
    suspects_.end();
}

void Queue::record(RecordedOutcome recorded) {
    suspects_.put_down(recorded.id);
    committer_.record(std::move(recorded));
}

/// Until their outcome is recorded, they are left out of what is read.
Task<> Queue::bury_convicted() {
    for (;;) {
        auto read = [ids = suspects_.convicted()](Connection& connection, OldestPending&) {
            return read_attempts(connection, ids);
        };
        const auto found = co_await database_.run(std::move(read));
        if (!found) {
            co_await common::sleep_for(clock_, readable_again); // it cannot be read yet
            continue;
        }
        suspects_.acquit();
        for (const auto& one : *found) {
            common::log::error(
                "a delivery becomes a dead letter",
                {{"webhook", one.webhook}, {"delivery", one.id}, {"error", ended_three_times}});
            RecordedOutcome dead;
            dead.id = one.id;
            dead.webhook = one.webhook;
            dead.kind = Outcome::Kind::dead;
            dead.attempts = one.attempts;
            dead.error = ended_three_times;
            committer_.record(std::move(dead));
        }
        co_return;
    }
}

/// What is read from the disk must not include these; sorted.
std::vector<std::int64_t> Queue::leave_out(const std::vector<std::string>& webhooks,
                                           std::int64_t after) const {
    auto ids = committer_.outcomes().ids(webhooks, after);
    const auto suspects = suspects_.left_out();
    const auto middle = ids.insert(ids.end(), suspects.begin(), suspects.end());
    std::inplace_merge(ids.begin(), middle, ids.end());
    return ids;
}

/// What is delivered and cannot be written must be remembered, or it would be sent twice; but not
/// without end.
Result<void> Queue::may_deliver() {
    const bool full = committer_.outcomes().full();
    if (full != outcomes_full_) {
        outcomes_full_ = full;
        if (full) {
            common::log::error("too many outcomes wait to be written: no more deliveries until "
                               "the database can be written",
                               {{"outcomes", committer_.outcomes().size()}});
        } else {
            common::log::info("outcomes are written again: deliveries go on");
        }
    }
    if (full) {
        return common::fail(common::Fault::storage, "too many outcomes wait to be written");
    }
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
                                    BatchBounds bounds) {
    if (auto allowed = may_deliver(); !allowed) {
        co_return common::fail(allowed.error());
    }
    for (;;) {
        auto read = [&notes = suspects_.notes(),
                     query = LaneQuery{webhooks, leave_out(webhooks, after), {}, bounds},
                     after](Connection& connection, OldestPending&) {
            return read_fresh(connection, notes, query, after);
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

Task<Result<DueBatch>> Queue::due(std::vector<std::string> webhooks, BatchBounds bounds) {
    const auto& outcomes = committer_.outcomes();
    // Reading needs a commit of its own only for retries that are due before they were written.
    if (!outcomes.due(webhooks, time_.now()).empty()) {
        co_await flush();
    }
    if (auto allowed = may_deliver(); !allowed) {
        co_return common::fail(allowed.error());
    }
    for (;;) {
        const auto now = time_.now();
        auto read = [&notes = suspects_.notes(),
                     query = LaneQuery{webhooks, leave_out(webhooks, 0),
                                       outcomes.due(webhooks, now), bounds},
                     now](Connection& connection, OldestPending&) {
            return read_due(connection, notes, query, now);
        };
        // Of the rows that are left out. They may be written during the read, which does not see
        // them, and from then on nothing else here knows when they are due.
        const auto left_out_due = outcomes.earliest_due(webhooks, now);
        auto batch = co_await database_.run(std::move(read));
        if (!batch) {
            co_return batch;
        }
        leave_out_recorded(*batch);
        for (const auto& due : {left_out_due, outcomes.earliest_due(webhooks, now)}) {
            if (due) {
                batch->next_due = std::min(batch->next_due.value_or(*due), *due);
            }
        }
        if (!batch->deliveries.empty() || !batch->more) {
            co_return batch;
        }
    }
}

Task<Result<RowPage>> Queue::list(RowQuery query) {
    co_await flush();
    for (;;) {
        const auto now = time_.now();
        auto read = [=](Connection& connection, OldestPending&) {
            return read_rows(connection, query, now);
        };
        auto page = co_await database_.run(std::move(read));
        if (!page) {
            co_return page;
        }
        std::vector<DeliveryRow> rows;
        for (auto& row : page->rows) {
            if (committer_.outcomes().bring_up_to_date(row, now) &&
                row.state == query.selection.state.value_or(row.state)) {
                rows.push_back(std::move(row));
            }
        }
        page->rows = std::move(rows);
        if (!page->rows.empty() || !page->next) {
            co_return page;
        }
        query.after = *page->next;
    }
}

Task<Result<std::optional<DeliveryRow>>> Queue::show(std::int64_t id) {
    co_await flush();
    const auto now = time_.now();
    auto read = [=](Connection& connection, OldestPending&) {
        return read_row(connection, id, now);
    };
    auto row = co_await database_.run(std::move(read));
    if (row && *row && !committer_.outcomes().bring_up_to_date(**row, now)) {
        row->reset();
    }
    co_return row;
}

QueueStatus Queue::stats() const {
    const auto leaving = committer_.outcomes().leaving();
    QueueStatus status;
    status.pending = up_to_date(counts_.all.pending, -static_cast<std::int64_t>(leaving.pending));
    status.dead = up_to_date(counts_.all.dead, static_cast<std::int64_t>(leaving.dying));
    status.bytes = counts_.sizes.files();
    status.max_bytes = config_.queue.max_size;
    status.used = counts_.sizes.used + counts_.sizes.wal;
    status.disk_free = database_.disk_free();
    if (status.pending > 0 && counts_.oldest) {
        status.oldest_ms = std::max<std::int64_t>(time_.now() - *counts_.oldest, 0);
    }
    status.degraded = database_.degraded();
    status.full = committer_.admission().full();
    status.last_error = database_.last_error();
    return status;
}

common::Millis Queue::cooldown_left(const std::string& webhook, const std::string& value) const {
    const auto until = committer_.admission().cooldown_until(webhook, value);
    return common::Millis{std::max<std::int64_t>(until - time_.now(), 0)};
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

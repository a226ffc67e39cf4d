// What changes rows behind the lanes' backs: people's retry and drop, webhooks that went away, and
// upkeep. All in steps of a bounded number of rows, each a transaction: the commit of new events
// waits for one step at most.
#include "agent/queue/queue.hpp"

#include "agent/queue/queue_state.hpp"
#include "agent/store/disk_reserve.hpp"
#include "agent/store/edits.hpp"

#include <algorithm>
#include <utility>

namespace agent {

namespace {

using common::Connection;
using common::Result;
using common::Task;

constexpr std::int64_t most_dead = 10'000;
constexpr std::uint64_t pages_a_step = 256;
constexpr int shrink_steps = 64; // each time
constexpr std::uint64_t spare_bytes = std::uint64_t{4}
                                      << 20; // kept: the file is about to grow again
constexpr std::uint64_t idle_wal_bytes = std::uint64_t{1} << 20;

} // namespace

/// Runs step(Connection&, QueueTables&) -> Step and applies what it did.
template <class Work> Task<Result<Step>> Queue::State::step(Work work) {
    auto job = database.run(std::move(work), QueueDatabase::OnFullDisk::make_way);
    auto done = co_await std::move(job);
    if (done) {
        counts.apply(done->written);
    }
    co_return done;
}

Task<Result<std::uint64_t>> Queue::retry(Selection selection) {
    return edit(false, std::move(selection));
}
Task<Result<std::uint64_t>> Queue::drop(Selection selection) {
    return edit(true, std::move(selection));
}

Task<Result<std::uint64_t>> Queue::edit(bool drop, Selection selection) {
    auto written = flush();
    co_await std::move(written);
    auto work = selection.ids.empty() ? state_->edit_all(drop, selection)
                                      : state_->edit_ids(drop, selection);
    auto count = co_await std::move(work);
    // Also after an error: steps before it were done.
    if (!drop) {
        state_->expired_up_to.clear(); // what became pending again may be older
        const auto revived = state_->committer.make_due_now(selection);
        if (count && selection.state == DeliveryState::dead) {
            *count +=
                revived; // on disk they are pending yet, and counted there where those are meant
        }
    }
    state_->rows_changed(selection);
    co_return count;
}

Task<Result<std::uint64_t>> Queue::State::edit_ids(bool drop, Selection selection) {
    std::uint64_t count = 0;
    auto ids = std::move(selection.ids);
    std::sort(ids.begin(), ids.end());
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
    for (std::size_t at = 0; at < ids.size(); at += rows_a_step) {
        const auto from = ids.begin() + static_cast<std::ptrdiff_t>(at);
        selection.ids.assign(
            from, from + static_cast<std::ptrdiff_t>(std::min(rows_a_step, ids.size() - at)));
        auto work = [=, now = time.now()](Connection& connection, QueueTables& tables) {
            return agent::edit_ids(connection, tables, drop ? Edit::drop : Edit::retry, selection,
                                   now);
        };
        auto job = step(std::move(work));
        const auto done = co_await std::move(job);
        if (!done) {
            co_return common::fail(done.error());
        }
        count += done->rows.size();
    }
    co_return count;
}

Task<Result<std::uint64_t>> Queue::State::edit_all(bool drop, Selection selection) {
    const auto edit = drop ? Edit::drop : Edit::retry;
    const auto now = time.now();
    const auto last = committer.next_id() - 1; // what comes meanwhile is not meant
    std::uint64_t count = 0;
    // Pending ones first: a dead letter that becomes pending counts once.
    if (selection.state != DeliveryState::dead) {
        for (const auto& webhook : pending_webhooks()) {
            if (selection.webhook && *selection.webhook != webhook) {
                continue;
            }
            count += drop ? 0 : static_cast<std::uint64_t>(counts.of(webhook).pending);
            for (bool more = true; more;) {
                auto work = [=](Connection& connection, QueueTables& tables) {
                    return edit_pending(connection, tables, edit, webhook, last, now);
                };
                auto job = step(std::move(work));
                const auto done = co_await std::move(job);
                if (!done) {
                    co_return common::fail(done.error());
                }
                count += drop ? done->rows.size() : 0;
                more = !done->done;
            }
        }
    }
    if (selection.state != DeliveryState::pending && counts.all.dead > 0) {
        std::int64_t after = 0;
        for (bool more = true; more;) {
            auto work = [=, webhook = selection.webhook](Connection& connection,
                                                         QueueTables& tables) {
                return edit_dead(connection, tables, edit, webhook, after, last, now);
            };
            auto job = step(std::move(work));
            const auto done = co_await std::move(job);
            if (!done) {
                co_return common::fail(done.error());
            }
            count += done->rows.size();
            after = done->last;
            more = !done->done;
        }
    }
    co_return count;
}

Task<Result<std::uint64_t>> Queue::bury_removed(std::vector<std::string> known) {
    std::uint64_t count = 0;
    for (const auto& webhook : state_->pending_webhooks()) {
        if (std::find(known.begin(), known.end(), webhook) != known.end()) {
            continue;
        }
        for (bool more = true; more;) {
            auto work = [webhook, now = state_->time.now()](Connection& connection,
                                                            QueueTables& tables) {
                return bury(connection, tables, webhook, "webhook removed", now);
            };
            auto job = state_->step(std::move(work));
            const auto done = co_await std::move(job);
            if (!done) {
                co_return common::fail(done.error());
            }
            count += done->rows.size();
            more = !done->done;
        }
        Selection gone;
        gone.webhook = webhook;
        state_->rows_changed(gone);
    }
    co_return count;
}

Task<Result<void>> Queue::prune(const Snapshot& snapshot) {
    auto& state = *state_;
    std::vector<std::pair<std::string, common::Millis>> ages;
    for (const auto& webhook : snapshot.webhooks) {
        if (webhook->settings.max_age > common::Millis{0}) {
            ages.emplace_back(webhook->key, webhook->settings.max_age);
        }
    }
    if (state.database.degraded()) {
        co_return common::fail(common::Fault::storage, state.database.last_error());
    }
    auto forgetting = state.forget();
    if (auto forgotten = co_await std::move(forgetting); !forgotten) {
        co_return forgotten;
    }
    for (const auto& [webhook, max_age] : ages) {
        auto expiring = state.expire_old(webhook, state.time.now() - max_age.count());
        if (auto expired = co_await std::move(expiring); !expired) {
            co_return expired;
        }
    }
    auto giving = state.give_back();
    co_return co_await std::move(giving);
}

/// Dead letters and cooldowns that are over.
Task<Result<void>> Queue::State::forget() {
    if (committer.expire_cooldowns()) {
        auto work = [now = time.now()](Connection& connection, QueueTables& tables) {
            forget_cooldowns(connection, now);
            Step done;
            tables.measure(connection, done.written);
            return done;
        };
        auto job = step(std::move(work));
        if (const auto done = co_await std::move(job); !done) {
            co_return common::fail(done.error());
        }
    }
    for (bool more = counts.all.dead > 0; more;) {
        auto work = [died_before = time.now() - config.queue.keep_dead.count(),
                     oldest = counts.all.dead - most_dead](Connection& connection,
                                                           QueueTables& tables) {
            return forget_dead(connection, tables, died_before, oldest);
        };
        auto job = step(std::move(work));
        const auto done = co_await std::move(job);
        if (!done) {
            co_return common::fail(done.error());
        }
        more = !done->done;
    }
    co_return Result<void>{};
}

Task<Result<void>> Queue::State::expire_old(std::string webhook, std::int64_t accepted_before) {
    for (bool more = counts.of(webhook).pending > 0; more;) {
        auto work = [=, after = expired_up_to[webhook]](Connection& connection,
                                                        QueueTables& tables) {
            return expire(connection, tables, webhook, after, accepted_before);
        };
        auto job = step(std::move(work));
        const auto done = co_await std::move(job);
        if (!done) {
            co_return common::fail(done.error());
        }
        expired_up_to[webhook] = done->last;
        more = !done->done;
        if (!done->rows.empty()) {
            Selection gone;
            gone.ids = done->rows;
            rows_changed(gone);
        }
    }
    co_return Result<void>{};
}

/// A file that was large once gives its pages back, a WAL that nobody needs goes, the reserve comes
/// back.
Task<Result<void>> Queue::State::give_back() {
    bool shrunk = false;
    auto spare = UINT64_MAX;
    for (int round = 0; round < shrink_steps; ++round) {
        const auto keep = committer.disk_short() ? 0 : std::max(spare_bytes, counts.sizes.used / 2);
        const auto before = std::exchange(spare, counts.sizes.spare);
        if (spare <= keep || spare >= before) {
            break;
        }
        shrunk = true;
        auto work = [](Connection& connection, QueueTables& tables) {
            shrink(connection, pages_a_step);
            Step done;
            tables.measure(connection, done.written);
            return done;
        };
        auto job = step(std::move(work));
        if (const auto done = co_await std::move(job); !done) {
            co_return common::fail(done.error());
        }
    }
    const bool idle = counts.all.pending == 0 && counts.sizes.wal > idle_wal_bytes;
    if (shrunk || idle || (committer.disk_short() && counts.sizes.wal > 0)) {
        auto work = [](Connection& connection, QueueTables& tables) {
            empty_wal(connection);
            Step done;
            tables.measure(connection, done.written);
            return done;
        };
        auto job = step(std::move(work));
        if (const auto done = co_await std::move(job); !done) {
            co_return common::fail(done.error());
        }
    }
    auto keep = [min_free = config.queue.min_free](Connection& connection, QueueTables& tables) {
        keep_reserve(connection.path(), min_free);
        Step done;
        tables.measure(connection, done.written);
        return done;
    };
    auto job = step(std::move(keep));
    const auto done = co_await std::move(job);
    co_return done ? Result<void>{} : common::fail(done.error());
}

} // namespace agent

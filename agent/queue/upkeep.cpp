#include "agent/queue/upkeep.hpp"

#include "agent/store/dead_room.hpp"
#include "agent/store/disk_reserve.hpp"
#include "common/base/log.hpp"

#include <algorithm>
#include <utility>

namespace agent {

namespace {

using common::Connection;
using common::Result;
using common::Task;

const std::string removed = "webhook removed"; // the last error of its deliveries
constexpr common::Millis interval{10'000};
constexpr std::int64_t max_dead = 10'000;
constexpr std::uint64_t dead_share = 4; // of max_size: dead letters may take a quarter
constexpr std::uint64_t pages_per_step = 256;
constexpr int max_shrink_steps = 64;                              // each time
constexpr std::uint64_t min_spare_bytes = std::uint64_t{4} << 20; // kept for the next growth
constexpr std::uint64_t idle_wal_bytes = std::uint64_t{1} << 20;

void log_expired(const std::string& webhook, const std::vector<std::int64_t>& deliveries) {
    for (const auto id : deliveries) {
        common::log::debug("a delivery expired", {{"webhook", webhook}, {"delivery", id}});
    }
}

} // namespace

Upkeep::Upkeep(const QueueParts& parts, Committer& committer)
    : clock_{parts.clock}, config_{parts.config}, time_{parts.time}, counts_{parts.counts},
      database_{parts.database}, listeners_{parts.listeners}, events_{parts.events},
      steps_{database_, counts_}, committer_{committer}, wake_{parts.loop, parts.clock} {}

/// Tells the event list what a step has done.
Upkeep::Each Upkeep::to_list(ListedDelivery::State state, ListedDelivery::Cause cause) {
    return [=, this](const Step& step) { events_.end(step.rows, state, cause); };
}

Upkeep::Each Upkeep::to_list(Edit edit) {
    if (edit == Edit::drop) {
        return dropped(ListedDelivery::Cause::by_operator, counts_.stats.dropped.by_operator);
    }
    return [this](const Step& step) { events_.revive(step.rows, time_.now()); };
}

Upkeep::Each Upkeep::dropped(ListedDelivery::Cause cause, std::uint64_t& counter) {
    return [=, &counter, this](const Step& step) {
        counter += step.rows.size();
        events_.end(step.rows, ListedDelivery::State::dropped, cause);
    };
}

Upkeep::Each Upkeep::forgotten() {
    return dropped(ListedDelivery::Cause::dead_forgotten, counts_.stats.dropped.dead_forgotten);
}

std::vector<std::string> Upkeep::pending_webhooks() const {
    std::vector<std::string> keys;
    for (const auto& [webhook, count] : counts_.webhooks) {
        if (count.pending > 0) {
            keys.push_back(webhook);
        }
    }
    return keys;
}

Task<Result<std::uint64_t>> Upkeep::edit(Edit edit, Selection selection) {
    co_await committer_.flush();
    auto work = selection.ids.empty() ? edit_all(edit, selection) : edit_by_id(edit, selection);
    auto count = co_await std::move(work);
    // Also after an error: the steps before it stay done.
    if (edit == Edit::retry) {
        expired_up_to_.clear(); // what became pending again may be older
        const auto revived = committer_.make_due_now(selection);
        events_.retry(selection, time_.now());
        if (count && selection.state == DeliveryState::dead) {
            // On disk these are still pending, and counted there if the selection includes pending
            // deliveries.
            *count += revived;
        }
    }
    listeners_.rows_changed(selection);
    co_return count;
}

Task<Result<std::uint64_t>> Upkeep::edit_by_id(Edit edit, Selection selection) {
    std::sort(selection.ids.begin(), selection.ids.end());
    selection.ids.erase(std::unique(selection.ids.begin(), selection.ids.end()),
                        selection.ids.end());
    NextWork next = [=, this](std::int64_t after) {
        return [=, now = time_.now()](Connection& connection, OldestPending& oldest) {
            return edit_ids(connection, oldest, edit, selection, after, now);
        };
    };
    co_return co_await steps_.repeat(std::move(next), to_list(edit));
}

Task<Result<std::uint64_t>> Upkeep::edit_all(Edit edit, Selection selection) {
    const auto now = time_.now();
    const auto last = committer_.next_id() - 1; // what comes in the meantime is not meant
    std::uint64_t count = 0;
    // Pending ones first: a dead letter that becomes pending counts once.
    for (const auto& webhook : pending_webhooks()) {
        if (selection.state == DeliveryState::dead ||
            (selection.webhook && *selection.webhook != webhook)) {
            continue;
        }
        const auto pending = static_cast<std::uint64_t>(counts_.of(webhook).pending);
        NextWork next = [=](std::int64_t) {
            return [=](Connection& connection, OldestPending& oldest) {
                return edit_pending(connection, oldest, edit, webhook, last, now);
            };
        };
        const auto edited = co_await steps_.repeat(std::move(next), to_list(edit));
        if (!edited) {
            co_return edited;
        }
        count += edit == Edit::drop ? *edited : pending; // those due already were not changed
    }
    if (selection.state != DeliveryState::pending && counts_.all.dead > 0) {
        NextWork next = [=](std::int64_t after) {
            return [=](Connection& connection, OldestPending& oldest) {
                return edit_dead(connection, oldest, edit, selection.webhook, after, last, now);
            };
        };
        const auto edited = co_await steps_.repeat(std::move(next), to_list(edit));
        if (!edited) {
            co_return edited;
        }
        count += *edited;
    }
    co_return count;
}

Task<Result<std::uint64_t>> Upkeep::bury_removed(std::vector<std::string> known) {
    std::uint64_t count = 0;
    for (const auto& webhook : pending_webhooks()) {
        if (std::find(known.begin(), known.end(), webhook) != known.end()) {
            continue;
        }
        NextWork next = [webhook, this](std::int64_t) {
            return [webhook, now = time_.now()](Connection& connection, OldestPending& oldest) {
                return bury(connection, oldest, webhook, removed, now);
            };
        };
        Each each = to_list(ListedDelivery::State::dead, ListedDelivery::Cause::webhook_removed);
        const auto buried = co_await steps_.repeat(std::move(next), std::move(each));
        if (!buried) {
            co_return buried;
        }
        count += *buried;
        listeners_.rows_changed(Selection{{}, {}, webhook});
    }
    co_return count;
}

Task<Result<std::uint64_t>> Upkeep::revive_known(std::vector<std::string> known) {
    const std::set<std::string> before = std::exchange(revived_, {});
    std::uint64_t count = 0;
    for (const auto& webhook : known) {
        if (!before.contains(webhook) && counts_.of(webhook).dead > 0) {
            NextWork next = [webhook, this](std::int64_t after) {
                return [=, now = time_.now()](Connection& connection, OldestPending& oldest) {
                    return revive(connection, oldest, webhook, removed, after, now);
                };
            };
            bool changed = false;
            Each each = [&changed, list = to_list(Edit::retry)](const Step& step) {
                changed = changed || !step.rows.empty();
                list(step);
            };
            const auto revived = co_await steps_.repeat(std::move(next), std::move(each));
            if (changed) {                     // also after an error: the steps before it stay done
                expired_up_to_.erase(webhook); // what became pending again may be older
                listeners_.rows_changed(Selection{{}, {}, webhook});
            }
            if (!revived) {
                co_return revived; // the others are looked at again, too
            }
            count += *revived;
        }
    }
    revived_.insert(known.begin(), known.end());
    co_return count;
}

Task<Result<void>> Upkeep::prune(Snapshot snapshot) {
    if (database_.degraded()) {
        co_return common::fail(common::Fault::storage, database_.last_error());
    }
    if (auto forgotten = co_await forget(); !forgotten) {
        co_return forgotten;
    }
    for (const auto& webhook : snapshot.webhooks) {
        const auto max_age = webhook->settings.max_age;
        if (max_age > common::Millis{0} && counts_.of(webhook->key).pending > 0) {
            const auto expired = co_await expire_older(webhook->key, max_age);
            if (!expired) {
                co_return common::fail(expired.error());
            }
        }
    }
    co_return co_await shrink_files();
}

/// Deletes cooldowns that are over and dead letters that are too old or too many.
Task<Result<void>> Upkeep::forget() {
    if (committer_.admission().expire_cooldowns()) {
        auto work = [now = time_.now()](Connection& connection) {
            forget_cooldowns(connection, now);
        };
        if (auto done = co_await steps_.measured(std::move(work)); !done) {
            co_return done;
        }
    }
    const auto dropped = co_await bound_dead_letters();
    if (!dropped) {
        co_return dropped;
    }
    if (counts_.all.dead > 0) {
        NextWork next = [this](std::int64_t) {
            return [died_before = time_.now() - config_.queue.keep_dead.count(),
                    surplus = counts_.all.dead - max_dead](Connection& connection,
                                                           OldestPending& oldest) {
                return forget_dead(connection, oldest, died_before, surplus);
            };
        };
        const auto done = co_await steps_.repeat(std::move(next), forgotten());
        if (!done) {
            co_return common::fail(done.error());
        }
    }
    co_return Result<void>{};
}

/// Dead letters are kept for a person to look at, not to fill the queue: those beyond
/// their share of max_size are dropped, the oldest first.
Task<Result<void>> Upkeep::bound_dead_letters() {
    const auto share = config_.queue.max_size / dead_share;
    if (counts_.all.dead == 0 || counts_.sizes.used <= share) {
        co_return Result<void>{};
    }
    NextWork next = [share](std::int64_t) {
        return [share](Connection& connection, OldestPending& oldest) {
            const auto bytes = dead_bytes(connection, UINT64_MAX);
            return drop_dead(connection, oldest, bytes > share ? bytes - share : 0);
        };
    };
    const auto dropped = co_await steps_.repeat(std::move(next), forgotten());
    if (!dropped) {
        co_return common::fail(dropped.error());
    }
    if (*dropped > 0) {
        log_.dropped_dead(*dropped, clock_.now());
    }
    co_return Result<void>{};
}

/// Deletes pending deliveries of events older than `max_age`.
Task<Result<std::uint64_t>> Upkeep::expire_older(std::string webhook, common::Millis max_age) {
    NextWork next = [=, this, accepted_before = time_.now() - max_age.count()](std::int64_t) {
        return [=, after = expired_up_to_[webhook]](Connection& connection, OldestPending& oldest) {
            return expire(connection, oldest, webhook, after, accepted_before);
        };
    };
    Each each = [webhook, this](const Step& step) {
        expired_up_to_[webhook] = step.last;
        if (!step.rows.empty()) {
            log_expired(webhook, step.rows);
            events_.end(step.rows, ListedDelivery::State::expired, ListedDelivery::Cause::none);
            listeners_.rows_changed(Selection{step.rows, {}, {}});
        }
    };
    co_return co_await steps_.repeat(std::move(next), std::move(each));
}

/// Returns the pages of a file that was large once, empties a WAL that nobody needs, and restores
/// the reserve.
Task<Result<void>> Upkeep::shrink_files() {
    bool shrunk = false;
    auto spare = UINT64_MAX;
    for (int round = 0; round < max_shrink_steps; ++round) {
        const auto keep = disk_short() ? 0 : std::max(min_spare_bytes, counts_.sizes.used / 2);
        const auto before = std::exchange(spare, counts_.sizes.spare);
        if (spare <= keep || spare >= before) {
            break;
        }
        shrunk = true;
        auto work = [](Connection& connection) { shrink(connection, pages_per_step); };
        if (auto done = co_await steps_.measured(std::move(work)); !done) {
            co_return done;
        }
    }
    const bool idle = counts_.all.pending == 0 && counts_.sizes.wal > idle_wal_bytes;
    if (shrunk || idle || (disk_short() && counts_.sizes.wal > 0)) {
        if (auto done = co_await steps_.measured(empty_wal); !done) {
            co_return done;
        }
    }
    auto work = [min_free = config_.queue.min_free](Connection& connection) {
        keep_reserve(connection.path(), min_free);
    };
    co_return co_await steps_.measured(std::move(work));
}

/// Deliveries of webhooks that are gone become dead letters, and pending again when they are back.
Task<> Upkeep::follow_removals(const KnownWebhooks& webhooks) {
    std::vector<std::string> keys;
    for (const auto& webhook : webhooks.snapshot->webhooks) {
        keys.push_back(webhook->key);
    }
    const auto revived = co_await revive_known(keys);
    if (revived && *revived > 0) {
        common::log::info("webhooks are back: dead letters became pending again",
                          {{"deliveries", *revived}});
    }
    if (!webhooks.complete) {
        co_return;
    }
    const auto buried = co_await bury_removed(std::move(keys));
    if (buried && *buried > 0) {
        common::log::info("deliveries of removed webhooks became dead letters",
                          {{"deliveries", *buried}});
    }
}

Task<> Upkeep::run(std::function<KnownWebhooks()> webhooks) {
    for (;;) {
        co_await wake_.wait_until(clock_.now() + interval);
        if (database_.degraded()) {
            continue; // the committer finds out when writing works again
        }
        const auto known = webhooks();
        co_await follow_removals(known);
        // An error shows as a degraded queue; the next round tries again.
        const auto done = co_await prune(*known.snapshot);
        common::log::debug("pruned", {{"done", done ? "yes" : done.error().message}});
    }
}

} // namespace agent

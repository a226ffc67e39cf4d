// What the queue is made of; for its two .cpp files.
#pragma once

#include "agent/queue/committer.hpp"
#include "agent/queue/queue.hpp"
#include "agent/queue/queue_counts.hpp"
#include "agent/queue/queue_database.hpp"
#include "agent/store/edits.hpp"
#include "agent/store/queue_time.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace agent {

struct Queue::State {
    State(common::Executor loop, common::Clock& clock, common::Database& queue_file,
          const Config& settings, Counters& statistics, Committer::Listeners listeners)
        : config{settings}, time{clock}, counts{statistics}, database{clock, queue_file, settings},
          rows_changed{listeners.rows_changed}, committer{loop,
                                                          {clock, settings, database, counts, time},
                                                          std::move(listeners)} {}

    const Config& config;
    QueueTime time;
    QueueCounts counts;
    QueueDatabase database;
    std::function<void(const Selection&)> rows_changed; ///< tells the lanes
    Committer committer;
    /// By webhook: deliveries up to this id were looked at and are delivered, expired or not this
    /// webhook's.
    std::map<std::string, std::int64_t> expired_up_to;

    [[nodiscard]] std::vector<std::string> pending_webhooks() const {
        std::vector<std::string> keys;
        for (const auto& [webhook, count] : counts.webhooks) {
            if (count.pending > 0) {
                keys.push_back(webhook);
            }
        }
        return keys;
    }

    /// In the handler of the result itself: what is settled after it is the reader's own doing.
    /// Retries whose last attempt is not written down stay: the database may not write for days.
    void leave_out_settled(DueBatch& batch) const {
        const auto& settled = committer.outcomes();
        std::erase_if(batch.deliveries, [&](const Delivery& one) {
            return settled.contains(one.id) && !settled.is_retry(one.id, one.attempts);
        });
    }

    // outbox_upkeep.cpp
    template <class Work> common::Task<common::Result<Step>> step(Work work);
    common::Task<common::Result<std::uint64_t>> edit_ids(bool drop, Selection selection);
    common::Task<common::Result<std::uint64_t>> edit_all(bool drop, Selection selection);
    common::Task<common::Result<void>> forget();
    common::Task<common::Result<void>> expire_old(std::string webhook,
                                                  std::int64_t accepted_before);
    common::Task<common::Result<void>> give_back();
};

} // namespace agent

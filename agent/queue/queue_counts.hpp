// QueueCounts: how many deliveries there are, by webhook and state, and how much space they take.
// Counted once when the queue is loaded and updated from what each write reports: nothing counts
// rows while the agent runs. Loop thread.
#pragma once

#include "agent/store/rows.hpp"
#include "agent/webhooks/counters.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace agent {

struct QueueCounts {
    explicit QueueCounts(Counters& statistics) : stats{statistics} {}

    struct ByState {
        std::int64_t pending = 0, dead = 0;
    };
    Counters& stats;
    std::map<std::string, ByState> webhooks; ///< those that have deliveries
    ByState all;
    Sizes sizes;
    std::optional<std::int64_t> oldest; ///< accepted_at of the oldest pending delivery

    [[nodiscard]] ByState of(const std::string& webhook) const;

    void load(const LoadedQueue& loaded);
    /// After a write. Also counts what it killed, expired and dropped in the statistics.
    void apply(const CommitResult& written);
    void apply(const Measurement& measured);
    /// A transaction with that many events, none where it had only outcomes, took so long.
    void note_commit(common::Instant::duration took, std::size_t events);

  private:
    void add(const CountChanges& changes);
};

} // namespace agent

// QueueCounts: how many deliveries there are, by webhook and state, and what they take. Kept by
// what each write reports, counted once at load: nothing counts rows while the agent runs. Loop
// thread.
#pragma once

#include "agent/store/commit.hpp"
#include "agent/webhooks/counters.hpp"

#include <algorithm>
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
    std::map<std::string, ByState> webhooks;
    ByState all;
    Sizes sizes;
    std::optional<std::int64_t> oldest; ///< accepted_at of the oldest pending delivery

    [[nodiscard]] ByState of(const std::string& webhook) const {
        const auto found = webhooks.find(webhook);
        return found == webhooks.end() ? ByState{} : found->second;
    }

    /// A write is done; the statistics follow.
    void apply(const CommitResult& written) {
        add(written.changes);
        sizes = written.sizes;
        oldest = written.oldest;
        for (const auto& [webhook, change] : written.changes) {
            if (change.died + change.expired + change.dropped > 0) {
                auto& here = stats.webhooks[webhook];
                here.dead += change.died;
                here.expired += change.expired;
                here.dropped += change.dropped;
            }
        }
    }

    void load(const LoadedQueue& loaded) {
        webhooks.clear();
        all = {};
        add(loaded.counts);
        sizes = loaded.sizes;
        oldest = loaded.oldest;
    }

  private:
    void add(const CountChanges& changes) {
        for (const auto& [webhook, change] : changes) {
            auto& here = webhooks[webhook];
            for (auto* count : {&here, &all}) {
                count->pending += change.pending;
                count->dead += change.dead;
            }
            if (here.pending == 0 && here.dead == 0) {
                webhooks.erase(webhook);
            }
        }
    }
};

} // namespace agent

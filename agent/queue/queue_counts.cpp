#include "agent/queue/queue_counts.hpp"

namespace agent {

QueueCounts::ByState QueueCounts::of(const std::string& webhook) const {
    const auto found = webhooks.find(webhook);
    return found == webhooks.end() ? ByState{} : found->second;
}

void QueueCounts::load(const LoadedQueue& loaded) {
    webhooks.clear();
    all = {};
    add(loaded.counts);
    apply(loaded.measured);
}

void QueueCounts::apply(const CommitResult& written) {
    add(written.changes);
    apply(written.measured);
    for (const auto& [webhook, change] : written.changes) {
        if (change.died + change.expired + change.dropped > 0) {
            auto& here = stats.webhooks[webhook];
            here.dead += change.died;
            here.expired += change.expired;
            here.dropped += change.dropped;
        }
    }
}

void QueueCounts::note_commit(common::Instant::duration took, std::size_t events) {
    stats.commit.observe(common::seconds(took));
    if (events > 0) {
        stats.commit_events.observe(static_cast<double>(events));
    }
}

void QueueCounts::apply(const Measurement& measured) {
    sizes = measured.sizes;
    oldest = measured.oldest;
}

void QueueCounts::add(const CountChanges& changes) {
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

} // namespace agent

#include "agent/event_list/snapshot_bytes.hpp"

#include <unordered_set>

namespace agent {

namespace {

/// Roughly what a webhook takes: its definition as text and as filters, and its settings.
std::size_t bytes_of(const Webhook& webhook) {
    return sizeof(Webhook) + 4 * webhook.definition.size() + 512;
}

/// What `old` takes beside what `next` shares with it.
std::size_t bytes_beside(const Snapshot& old, const Snapshot& next) {
    std::unordered_set<const Webhook*> shared;
    for (const auto& webhook : next.webhooks) {
        shared.insert(webhook.get());
    }
    auto bytes = sizeof(Snapshot) + old.webhooks.size() * sizeof(std::shared_ptr<const Webhook>);
    for (const auto& webhook : old.webhooks) {
        bytes += shared.contains(webhook.get()) ? 0 : bytes_of(*webhook);
    }
    return bytes;
}

} // namespace

void SnapshotBytes::used(const std::shared_ptr<const Snapshot>& snapshot, std::uint64_t seq) {
    if (!uses_.empty() && uses_.back().snapshot == snapshot) {
        uses_.back().last_seq = seq;
        return;
    }
    if (!uses_.empty()) {
        auto& old = uses_.back();
        old.bytes = bytes_beside(*old.snapshot, *snapshot);
        bytes_ += old.bytes;
    }
    uses_.push_back({snapshot, seq, 0});
}

void SnapshotBytes::gone(std::uint64_t seq) {
    if (!uses_.empty() && uses_.front().last_seq <= seq) {
        bytes_ -= uses_.front().bytes;
        uses_.pop_front();
    }
}

} // namespace agent

// SnapshotBytes: what the snapshots take that only the event list still holds. The current one is
// the cache's own; of an older one counts what the next does not share. Loop thread.
#pragma once

#include "agent/webhooks/webhook.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>

namespace agent {

class SnapshotBytes {
  public:
    /// Entry `seq`, the newest, uses `snapshot`.
    void used(const std::shared_ptr<const Snapshot>& snapshot, std::uint64_t seq);
    /// Entry `seq`, the oldest, is gone.
    void gone(std::uint64_t seq);
    [[nodiscard]] std::size_t bytes() const { return bytes_; }

  private:
    struct Use {
        std::shared_ptr<const Snapshot> snapshot;
        std::uint64_t last_seq = 0;
        std::size_t bytes = 0; // 0 for the newest
    };
    std::deque<Use> uses_;
    std::size_t bytes_ = 0;
};

} // namespace agent

// TriedDeliveries: since when the deliveries of a lane wait that were attempted and are not done:
// those in flight, and those that wait for a retry and need not be in memory. Only the oldest
// matter, so their number is bounded. Loop thread. After a restart it begins anew.
#pragma once

#include "agent/store/selection.hpp"
#include "agent/webhooks/delivery.hpp"

#include <cstdint>
#include <map>
#include <optional>

namespace agent {

class TriedDeliveries {
  public:
    void add(const Delivery& delivery);
    /// Delivered, dead or expired.
    void done(std::int64_t id) { accepted_at_.erase(id); }
    /// The rows in `selection`, which are this lane's, have changed: what is still there comes back
    /// with its next attempt.
    void forget(const Selection& selection);
    void clear() { accepted_at_.clear(); }
    /// When the oldest was accepted, in queue time.
    [[nodiscard]] std::optional<std::int64_t> oldest() const;

  private:
    std::map<std::int64_t, std::int64_t> accepted_at_; ///< by id, which grows with it
};

} // namespace agent

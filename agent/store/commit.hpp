// OutboxTables: the SQL of the outbox's main path: one commit, and reading deliveries back. Database thread only. Functions throw as
// SQLite does; what they began is then rolled back. No look here costs more with a longer queue.
#pragma once

#include "agent/store/rows.hpp"
#include "common/sqlite/database.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent {

class OutboxTables {
  public:
    /// Once after opening: counts everything (one pass over each index). `max_size` bounds how long the WAL may get.
    Loaded load(common::Connection& connection, std::uint64_t max_size);

    Written commit(common::Connection& connection, const Commit& commit);
    /// Of (event id, bytes): which are the same as an event that still has a pending delivery.
    std::vector<bool> pending_already(common::Connection& connection,
                                      const std::vector<std::pair<std::string, std::shared_ptr<const std::string>>>& events);

    /// Never tried, id above `after`, oldest first.
    DueBatch fresh(common::Connection& connection, const Wanted& wanted, std::int64_t after);
    /// Retries due at `now`, longest due first.
    DueBatch due(common::Connection& connection, const Wanted& wanted, std::int64_t now);

    /// Fills in sizes and the oldest; for other writers too.
    void look(common::Connection& connection, Written& written);
    /// A delivery older than those that look() knows of became pending again.
    void revived(std::int64_t id) { oldest_from_ = std::min(oldest_from_, id); }

  private:
    std::optional<std::int64_t> oldest_accepted_at(common::Connection& connection);
    bool make_room(common::Connection& connection, std::uint64_t bytes, Written& written);
    static Written settle_alone(common::Connection& connection, const std::vector<HeldSettlement>& settlements);

    std::int64_t oldest_from_ = 0; // no pending delivery has a smaller id
};

} // namespace agent

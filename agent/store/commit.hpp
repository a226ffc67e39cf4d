// QueueTables: the SQL of the queue's main path: one commit, and reading deliveries back. Database
// thread only. Functions throw as SQLite does; what they began is then rolled back. No look here
// costs more with a longer queue.
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

class QueueTables {
  public:
    /// Once after opening: counts everything (one pass over each index). `max_size` bounds how long
    /// the WAL may get.
    LoadedQueue load(common::Connection& connection, std::uint64_t max_size);

    CommitResult commit(common::Connection& connection, const Commit& commit);
    /// Of (event id, bytes): which are the same as an event that still has a pending delivery.
    std::vector<bool> pending_already(
        common::Connection& connection,
        const std::vector<std::pair<std::string, std::shared_ptr<const std::string>>>& events);

    /// Never tried, id above `after`, oldest first.
    DueBatch fresh(common::Connection& connection, const LaneQuery& wanted, std::int64_t after);
    /// Retries due at `now`, longest due first.
    DueBatch due(common::Connection& connection, const LaneQuery& wanted, std::int64_t now);

    /// Fills in sizes and the oldest; for other writers too.
    void measure(common::Connection& connection, CommitResult& written);
    /// A delivery older than those that measure() knows of became pending again.
    void revived(std::int64_t id) { oldest_from_ = std::min(oldest_from_, id); }

  private:
    std::optional<std::int64_t> oldest_accepted_at(common::Connection& connection);
    bool make_room(common::Connection& connection, std::uint64_t bytes, CommitResult& written);
    static CommitResult write_outcomes_alone(common::Connection& connection,
                                             const std::vector<UnwrittenOutcome>& outcomes);

    std::int64_t oldest_from_ = 0; // no pending delivery has a smaller id
};

} // namespace agent

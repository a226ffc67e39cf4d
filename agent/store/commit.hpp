// The queue's main path in SQL: loading the queue, and writing one commit. Database thread only.
// Functions throw as SQLite does; what they began is then rolled back. Except for load_queue(),
// nothing here costs more with a longer queue.
#pragma once

#include "agent/store/rows.hpp"
#include "common/sqlite/database.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace agent {

/// Finds the oldest pending delivery. Remembers where it was, so that the dead letters in front of
/// it are not read again each time.
class OldestPending {
  public:
    /// The id of the oldest pending delivery.
    std::optional<std::int64_t> find(common::Connection& connection);
    /// A dead letter became pending again.
    void revived(std::int64_t id) { from_ = std::min(from_, id); }

  private:
    std::int64_t from_ = 0; // no pending delivery has a smaller id
};

/// Once after opening: counts all rows (one pass over each index). `max_size` limits how long the
/// WAL may get.
LoadedQueue load_queue(common::Connection& connection, OldestPending& oldest,
                       std::uint64_t max_size);

/// Writes `commit` in one transaction. On a full disk it writes the outcomes alone, as far as
/// possible, because they free space.
CommitResult write_commit(common::Connection& connection, OldestPending& oldest,
                          const Commit& commit);

/// Sizes and the oldest pending delivery at this moment; every write ends with it.
Measurement measure(common::Connection& connection, OldestPending& oldest);

} // namespace agent

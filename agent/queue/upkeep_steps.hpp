// UpkeepSteps: runs upkeep's work on the database in steps, each one transaction, and keeps the
// counts up to date. Loop thread.
#pragma once

#include "agent/queue/queue_counts.hpp"
#include "agent/queue/queue_database.hpp"
#include "agent/store/edits.hpp"

#include <cstdint>
#include <functional>

namespace agent {

class UpkeepSteps {
  public:
    using Work = std::function<Step(common::Connection&, OldestPending&)>;
    using NextWork = std::function<Work(std::int64_t after)>;
    using Each = std::function<void(const Step&)>;

    /// Both outlive it.
    UpkeepSteps(QueueDatabase& database, QueueCounts& counts)
        : database_{database}, counts_{counts} {}

    /// Runs the steps that `next` makes until one says that it was the last, and `each` after each.
    /// Returns how many rows they changed. Steps before an error stay done.
    common::Task<common::Result<std::uint64_t>> repeat(NextWork next, Each each);
    /// Runs work that changes no deliveries.
    common::Task<common::Result<void>> measured(std::function<void(common::Connection&)> work);

  private:
    QueueDatabase& database_;
    QueueCounts& counts_;
};

} // namespace agent

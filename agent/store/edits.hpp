// Edits in SQL: what operators and upkeep do to the queue, a bounded number of rows per call, each
// call one transaction. Database thread only. Functions throw as SQLite does.
#pragma once

#include "agent/store/commit.hpp"
#include "agent/store/selection.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// Rows per transaction. Bounds how long a commit of new events can be delayed.
inline constexpr std::size_t rows_per_step = 1'000;

struct Step {
    CommitResult written;
    std::vector<std::int64_t> rows; ///< deliveries changed
    std::int64_t last = 0;          ///< pass it as `after` to the next step
    bool done = true;               ///< nothing is left to do
};

/// The deliveries of selection.ids (sorted) above `after`, as far as they match the selection.
Step edit_ids(common::Connection& connection, OldestPending& oldest, Edit edit,
              const Selection& selection, std::int64_t after, std::int64_t now);
/// Dead letters with ids above `after` and up to `last_id`.
Step edit_dead(common::Connection& connection, OldestPending& oldest, Edit edit,
               const std::optional<std::string>& webhook, std::int64_t after, std::int64_t last_id,
               std::int64_t now);
/// Pending deliveries of one webhook up to `last_id`, except those that a retry would not change.
Step edit_pending(common::Connection& connection, OldestPending& oldest, Edit edit,
                  const std::string& webhook, std::int64_t last_id, std::int64_t now);

/// Makes pending deliveries of `webhook` dead letters, with `why` as their last error.
Step bury(common::Connection& connection, OldestPending& oldest, const std::string& webhook,
          const std::string& why, std::int64_t now);
/// Makes the dead letters of `webhook` above `after` whose last error is `why` pending again, with
/// fresh attempts: what bury() did is undone. Others stay dead.
Step revive(common::Connection& connection, OldestPending& oldest, const std::string& webhook,
            const std::string& why, std::int64_t after, std::int64_t now);
/// Deletes pending deliveries of `webhook` accepted before `accepted_before`, as expired. Reads ids
/// above `after`, in order.
Step expire(common::Connection& connection, OldestPending& oldest, const std::string& webhook,
            std::int64_t after, std::int64_t accepted_before);
/// Deletes the `surplus` oldest dead letters, and those that died before `died_before`.
Step forget_dead(common::Connection& connection, OldestPending& oldest, std::int64_t died_before,
                 std::int64_t surplus);
/// Deletes the cooldowns that are over.
void forget_cooldowns(common::Connection& connection, std::int64_t now);

} // namespace agent

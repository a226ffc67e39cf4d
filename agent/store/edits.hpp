// Edits: the SQL of what people and upkeep do to the queue, a bounded number of rows a call, each
// call one transaction. Database thread only. Functions throw as SQLite does.
#pragma once

#include "agent/store/commit.hpp"
#include "agent/store/listing.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// Rows a transaction: so long does a commit of new events wait at most.
inline constexpr std::size_t rows_a_step = 1'000;

/// What one step did. `last`: where the next goes on; `done`: there is nothing more.
struct Step {
    CommitResult written;
    std::vector<std::int64_t> rows; ///< those it changed
    std::int64_t last = 0;
    bool done = true;
};

/// The deliveries of `ids` (at most rows_a_step of them) that are in `state` and of `webhook`,
/// where these are given.
Step edit_ids(common::Connection& connection, QueueTables& tables, Edit edit,
              const Selection& selection, std::int64_t now);
/// Dead letters above id `after` and up to `last_id`.
Step edit_dead(common::Connection& connection, QueueTables& tables, Edit edit,
               const std::optional<std::string>& webhook, std::int64_t after, std::int64_t last_id,
               std::int64_t now);
/// Pending ones of one webhook up to `last_id`: those that a retry would not change are left out.
Step edit_pending(common::Connection& connection, QueueTables& tables, Edit edit,
                  const std::string& webhook, std::int64_t last_id, std::int64_t now);

/// Pending deliveries of `webhook` become dead letters.
Step bury(common::Connection& connection, QueueTables& tables, const std::string& webhook,
          const std::string& why, std::int64_t now);
/// Pending deliveries of `webhook` accepted before `accepted_before` are deleted, as expired. Looks
/// at ids above `after`, in order.
Step expire(common::Connection& connection, QueueTables& tables, const std::string& webhook,
            std::int64_t after, std::int64_t accepted_before);
/// Dead letters that died before `died_before`, and the `oldest` first of all, are deleted.
Step forget_dead(common::Connection& connection, QueueTables& tables, std::int64_t died_before,
                 std::int64_t oldest);
/// Cooldowns that are over.
void forget_cooldowns(common::Connection& connection, std::int64_t now);

} // namespace agent

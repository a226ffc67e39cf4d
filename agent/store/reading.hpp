// Reading deliveries back for the lanes, and finding events that are still pending. Database thread
// only. Functions throw as SQLite does. Nothing here costs more with a longer queue.
#pragma once

#include "agent/store/crash_notes.hpp"
#include "agent/store/rows.hpp"
#include "common/sqlite/database.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace agent {

// Each row that is read is noted first.

/// Deliveries never tried, with an id above `after`, oldest first.
DueBatch read_fresh(common::Connection& connection, CrashNotes& notes, const LaneQuery& query,
                    std::int64_t after);

/// Retries due at `now` (queue time), longest due first.
DueBatch read_due(common::Connection& connection, CrashNotes& notes, const LaneQuery& query,
                  std::int64_t now);

/// Of each of these deliveries that is pending: the attempts made. Does not read its event.
struct AttemptsMade {
    std::int64_t id = 0;
    std::string webhook;
    std::uint32_t attempts = 0;
};
std::vector<AttemptsMade> read_attempts(common::Connection& connection,
                                        const std::vector<std::int64_t>& ids);

/// Of each (event id, bytes): whether the same event still has a pending delivery.
std::vector<bool>
are_pending(common::Connection& connection,
            const std::vector<std::pair<std::string, std::shared_ptr<const std::string>>>& events);

} // namespace agent

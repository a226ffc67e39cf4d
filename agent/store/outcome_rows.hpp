// The SQL of outcomes of attempts. Database thread only. Functions throw as SQLite does.
#pragma once

#include "agent/store/rows.hpp"

#include <cstdint>
#include <vector>

namespace agent {

/// Within a transaction of the caller's.
void write_outcome(common::Connection& connection, const UnwrittenOutcome& held,
                   CountChanges& changes);

/// On a full disk: those that delete go first, in transactions of their own, as small as it takes;
/// each makes use of the room that the one before it gave back. Gives the ids of those that could
/// not be written.
std::vector<std::int64_t> write_in_pieces(common::Connection& connection,
                                          std::vector<UnwrittenOutcome> outcomes,
                                          CountChanges& changes);

} // namespace agent

// Writing the outcomes of attempts in SQL. Database thread only. Functions throw as SQLite does.
#pragma once

#include "agent/store/rows.hpp"

#include <cstdint>
#include <vector>

namespace agent {

/// Call it within a transaction.
void write_outcome(common::Connection& connection, const UnwrittenOutcome& outcome,
                   CountChanges& changes);

/// For a full disk: writes those that delete rows first, in transactions as small as necessary, so
/// that each can use the space that the one before it freed. Returns the ids of those that could
/// not be written.
std::vector<std::int64_t> write_in_pieces(common::Connection& connection,
                                          std::vector<UnwrittenOutcome> outcomes,
                                          CountChanges& changes);

} // namespace agent

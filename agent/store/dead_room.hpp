// The room that dead letters take, and giving it to what can still be delivered. Database thread
// only. Functions throw as SQLite does.
#pragma once

#include "agent/store/edits.hpp"

#include <cstdint>

namespace agent {

/// Roughly what deleting all dead letters would free, in bytes. Stops counting at `enough`.
std::uint64_t dead_bytes(common::Connection& connection, std::uint64_t enough);

/// Deletes the oldest dead letters until `bytes` are freed, rows_per_step at most, as dropped. Done
/// when enough are freed or none is left; `last` is the number of bytes freed.
Step drop_dead(common::Connection& connection, OldestPending& oldest, std::uint64_t bytes);

} // namespace agent

// The disk reserve: a file beside the database that only takes up space, `agent.db-reserve`.
// Deleting rows writes to the WAL before it frees anything; if other programs have filled the disk
// completely, releasing the reserve makes room for that. Database thread. Survives restarts.
#pragma once

#include <cstdint>
#include <string>

namespace agent {

/// The size of a new reserve in bytes: an eighth of what is free above `min_free`, at most 4 MiB;
/// 0 (no reserve) if that is less than 128 KiB.
std::uint64_t reserve_size(std::uint64_t free, std::uint64_t min_free);

/// Creates the reserve if there is none and there is room for one; failures are ignored.
void keep_reserve(const std::string& database, std::uint64_t min_free);
/// Deletes the reserve. Returns whether there was one.
bool give_up_reserve(const std::string& database);

} // namespace agent

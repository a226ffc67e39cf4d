// The reserve: a file beside the database that only takes up space, `agent.db-reserve`. Deleting
// rows is written to the WAL before it gives anything back; where others have filled the disk to
// the last byte, the reserve makes way for that. Database thread.
#pragma once

#include <cstdint>
#include <string>

namespace agent {

/// Makes one where there is none: an eighth of what is free above `min_free` (bytes), at most 4
/// MiB; none where that is under 128 KiB.
void keep_reserve(const std::string& database, std::uint64_t min_free);
/// Whether there was one.
bool give_up_reserve(const std::string& database);

} // namespace agent

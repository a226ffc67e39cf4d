// What a commit has to survive ([queue] sync). A header of its own, so that the pure configuration
// can hold it without seeing the database.
#pragma once

namespace common {

enum class Sync {
    full,   ///< a power failure: a commit is done only after fsync
    normal, ///< a crash of the process only
};

} // namespace common

// What a commit has to survive (queue.sync).
#pragma once

namespace common {

enum class Sync {
    full,   ///< a power cut: fsync before a commit is called done
    normal, ///< a crash of the process only
};

} // namespace common

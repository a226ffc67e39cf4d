// How much is logged ([log] level). A header of its own, so that the pure configuration can hold it
// without seeing the log.
#pragma once

namespace common::log {

enum class Level { error, warn, info, debug };

} // namespace common::log

// How much is logged: a word of the configuration, so that pure code can hold it without seeing the
// log itself.
#pragma once

namespace common::log {

enum class Level { error, warn, info, debug };

} // namespace common::log

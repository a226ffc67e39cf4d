// Which SQLite this program runs with. Any thread.
#pragma once

namespace common {

/// "3.40.1"
const char* sqlite_version();

} // namespace common

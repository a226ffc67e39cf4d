#include "common/sqlite/version.hpp"

#include <sqlite3.h>

namespace common {

const char* sqlite_version() {
    return sqlite3_libversion();
}

} // namespace common

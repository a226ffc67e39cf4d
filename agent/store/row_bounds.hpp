// Rows that a sound file may have all the same, after a flipped bit or a change by hand, and that
// would keep deliveries from ever being sent. Database thread only.
#pragma once

#include "common/sqlite/database.hpp"

namespace agent {

/// Makes retries due whose time is negative or far ahead, drops deliveries whose event is gone, and
/// logs how many. The second only in a file that can be read as a whole at the start. Throws as
/// SQLite does.
void correct_rows(common::Connection& connection);

} // namespace agent

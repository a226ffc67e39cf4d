// What to do when the queue's files are removed or replaced under the running agent. SQLite
// goes on writing into files that have no name any more, and all of it would be gone with the
// process. Database thread only.
#pragma once

#include "common/sqlite/database.hpp"

#include <stdexcept>

namespace agent {

struct FilesMoved : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Throws FilesMoved if the files that the connection has open are not those at their paths.
void require_in_place(common::Connection& connection);

/// Writes everything that the connection still has open into a database at its path, on the disk
/// when it returns. What lies there by then is set aside as `agent.db.replaced-<time>`. To be
/// reopened afterwards. After an error nothing is lost, and it may be called again.
common::Result<void> put_back(common::Connection& connection);

} // namespace agent

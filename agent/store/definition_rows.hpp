// The server's webhook definitions as rows: the list as it was last fetched as a whole. Database
// thread; survives restarts. These functions throw as SQLite does.
#pragma once

#include "agent/webhooks/definition_list.hpp"
#include "common/sqlite/database.hpp"

#include <vector>

namespace agent {

struct StoredDefinitions {
    std::vector<Definition> list; ///< in the server's order
    bool fetched = false;         ///< whether a list, perhaps an empty one, was ever stored
};

StoredDefinitions read_definitions(common::Connection& connection);

/// Replaces the stored list, in one transaction.
void write_definitions(common::Connection& connection, const std::vector<Definition>& list);

} // namespace agent

// Deleting a delivery from wherever it is kept. Database thread only.
#pragma once

#include "agent/store/rows.hpp"
#include "common/sqlite/database.hpp"

#include <cstdint>
#include <optional>

namespace agent {

/// Deletes a delivery and, if it was the event's last, the event. Returns nothing if there is no
/// such delivery. Throws as SQLite does.
std::optional<DeletedDelivery> delete_delivery(common::Connection& connection, std::int64_t id,
                                               CountChanges& changes);

} // namespace agent

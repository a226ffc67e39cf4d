// The queue time as the database tells it. Functions throw as SQLite does.
#pragma once

#include "common/async/clock.hpp"
#include "common/sqlite/database.hpp"

#include <cstdint>

namespace agent {

/// accepted_at of the newest event; 0 if there is none.
std::int64_t newest_accepted_at(common::Connection& connection);

/// The current queue time while no agent is running.
std::int64_t read_queue_time(common::Connection& connection, common::Clock& clock);

} // namespace agent

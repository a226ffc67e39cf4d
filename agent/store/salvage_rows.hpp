// Copies rows from a damaged database into a new one, table by table and row by row; what cannot be
// read is left out. Blocking.
#pragma once

#include "common/sqlite/database.hpp"

#include <cstddef>
#include <string>

namespace agent {

/// How many rows were copied.
struct SalvageCounts {
    std::size_t webhooks = 0, events = 0, deliveries = 0;
};

/// `damaged` is only read; `fresh` has the schema and no rows. Never fails: what cannot be read or
/// written is not counted.
SalvageCounts salvage_rows(const std::string& damaged, common::Connection& fresh);

} // namespace agent

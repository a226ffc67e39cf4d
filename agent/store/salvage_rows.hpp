// Copies rows from a damaged database into a new one, table by table and row by row; what cannot be
// read, or cannot be true, is left out. Blocking.
#pragma once

#include "agent/store/progress.hpp"
#include "common/sqlite/database.hpp"

#include <cstddef>
#include <string>

namespace agent {

/// How many rows were copied.
struct SalvageCounts {
    std::size_t webhooks = 0, events = 0, deliveries = 0;
};

/// `damaged` is a database without a WAL and is only read; if its first page is bad, a copy of it
/// is made at `copy`, which may be the same file. `fresh` has the schema and no rows. What cannot
/// be read is not counted. Errors: Fault::full when `fresh` or the copy cannot be written.
common::Result<SalvageCounts> salvage_rows(const std::string& damaged, const std::string& copy,
                                           common::Connection& fresh, const Progress& progress);

} // namespace agent

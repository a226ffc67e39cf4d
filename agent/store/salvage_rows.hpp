// Carrying rows from a damaged database into a new one: table by table, row by row; what cannot be
// read is left behind. Blocking.
#pragma once

#include "common/sqlite/database.hpp"

#include <cstddef>
#include <string>

namespace agent {

struct Carried {
    std::size_t webhooks = 0, events = 0, deliveries = 0;
};

/// `damaged` is only read; `fresh` has its schema and no rows. Never fails: what cannot be read or
/// written is not counted.
Carried carry_over(const std::string& damaged, common::Connection& fresh);

} // namespace agent

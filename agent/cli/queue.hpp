// `ffl-agent queue …`: the deliveries in the queue. list, show and export also work while the
// service is stopped; they then read the database.
#pragma once

#include "agent/cli/command.hpp"
#include "agent/store/selection.hpp"

#include <cstddef>
#include <cstdint>

namespace agent {

int command_queue_list(const Command& command, const Selection& selection, std::size_t limit);
int command_queue_show(const Command& command, std::int64_t id);
int command_queue_export(const Command& command, const Selection& selection);
/// `retry` and `drop`.
int command_queue_edit(const Command& command, const Selection& selection, Edit edit);

} // namespace agent

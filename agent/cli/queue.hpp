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
int command_queue_retry(const Command& command, const Selection& selection);
/// Unless `yes`, says what it would drop and asks, if there is a terminal to answer.
int command_queue_drop(const Command& command, const Selection& selection, bool yes);

} // namespace agent

// `ffl-agent queue …`: the deliveries in the queue. list, show and export also work while the
// service is stopped; they then read the database.
#pragma once

#include "agent/cli/command.hpp"
#include "agent/cli/delivery_text.hpp"
#include "agent/store/row_query.hpp"

namespace agent {

int command_queue_list(const Command& command, const RowQuery& query, TimeForm form);
/// `given` is a delivery's id or the id of an event that has one delivery only.
int command_queue_show(const Command& command, const std::string& given);
int command_queue_export(const Command& command, const Selection& selection);
int command_queue_retry(const Command& command, const Selection& selection);
/// Unless `yes`, says what it would drop and asks, if there is a terminal to answer.
int command_queue_drop(const Command& command, const Selection& selection, bool yes);

} // namespace agent

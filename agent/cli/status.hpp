// `ffl-agent status` and `sync`: what the running agent says about itself and its definitions.
#pragma once

#include "agent/cli/command.hpp"

namespace agent {

int command_status(const Command& command);
int command_sync(const Command& command);

} // namespace agent

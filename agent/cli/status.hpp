// `ffl-agent status` and `sync`: what the running agent says about itself and its definitions.
#pragma once

#include "agent/cli/command.hpp"

namespace agent {

/// With `check` the exit code is 0, 1 or 2 for ok, warn and fail, which an agent that does not
/// answer is, too.
int command_status(const Command& command, bool check);
int command_sync(const Command& command);

} // namespace agent

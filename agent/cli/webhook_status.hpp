// `ffl-agent status WEBHOOK`: all that the running agent says about one webhook.
#pragma once

#include "agent/cli/command.hpp"

#include <string>

namespace agent {

/// `given` is a key or a name.
int command_webhook_status(const Command& command, const std::string& given);

} // namespace agent

// `ffl-agent log-level`: how much the running agent logs.
#pragma once

#include "agent/cli/command.hpp"

#include <string>

namespace agent {

/// Sets it where `level` is not empty, and prints it.
int command_log_level(const Command& command, const std::string& level);

} // namespace agent

// Declares the commands that are given events: `ffl-agent send` and `explain`.
#pragma once

#include "agent/cli/command_line.hpp"

namespace agent {

void add_event_commands(CLI::App& app, CommandLine& line);

} // namespace agent

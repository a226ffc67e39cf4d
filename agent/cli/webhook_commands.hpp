// Declares `ffl-agent webhook …`.
#pragma once

#include "agent/cli/command_line.hpp"

namespace agent {

void add_webhook_commands(CLI::App& app, CommandLine& line);

} // namespace agent

// Declares `ffl-agent queue …`.
#pragma once

#include "agent/cli/command_line.hpp"

namespace agent {

void add_queue_commands(CLI::App& app, CommandLine& line);

} // namespace agent

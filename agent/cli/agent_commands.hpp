// Declares the commands about the agent itself: `ffl-agent run`, `check`, `status`, `sync`
// and `log-level`.
#pragma once

#include "agent/cli/command_line.hpp"

namespace agent {

void add_run(CLI::App& app, CommandLine& line);
void add_check(CLI::App& app, CommandLine& line);
void add_status(CLI::App& app, CommandLine& line);
void add_sync(CLI::App& app, CommandLine& line);
void add_log_level(CLI::App& app, CommandLine& line);

} // namespace agent

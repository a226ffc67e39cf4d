// The commands for those who try the agent out: test, demo and receive.
#pragma once

#include "agent/cli/command_line.hpp"

namespace agent {

void add_trial_commands(CLI::App& app, CommandLine& line);

} // namespace agent

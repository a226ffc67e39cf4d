// Completion of the command line in shells, made from the declared commands, so that it cannot be
// out of step with them. The package has the files of conf/completion; a test compares them.
#pragma once

#include "agent/cli/command_line.hpp"

#include <string>

namespace agent {

enum class Shell { bash, zsh };

/// The script that a shell reads.
std::string completion_script(const CLI::App& app, Shell shell);

/// Declares `ffl-agent completion`; `app` is the whole command line.
void add_completion(CLI::App& app, CommandLine& line);

} // namespace agent

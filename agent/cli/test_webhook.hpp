// `ffl-agent test`: sends a test event to one webhook and waits for what becomes of it.
#pragma once

#include "agent/cli/command.hpp"

#include <string>

namespace agent {

/// `webhook` is a key or a name; `file` has the event, and is empty for a sample. Exit 0 when the
/// target took it, 1 when an attempt failed or none was made in 15 s.
int command_test(const Command& command, const std::string& webhook, const std::string& file);

} // namespace agent

// Command: what every command of the command line (contract section 2) is given. Each command does
// one thing and returns the exit code; results go to stdout, diagnostics to stderr.
#pragma once

#include "agent/cli/screen.hpp"
#include "agent/config/config.hpp"

namespace agent {

struct Command {
    Config config; ///< as loaded for the command; defaults where it needs none
    bool json = false;
    Screen screen; ///< what stdout is
};

} // namespace agent

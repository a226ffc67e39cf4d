// The command line (contract section 2): parses it, loads what the command needs of the INI file
// and runs the command. Above every other folder of agent/; only main uses it.
#pragma once

namespace agent {

/// Returns the exit code: 0, or one of the sysexits codes that the contract lists.
int command_line(int argc, char** argv);

} // namespace agent

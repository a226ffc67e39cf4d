// The command line (contract section 2).
#pragma once

namespace agent {

/// Gives the exit code: 0, or one of sysexits' that the contract lists.
int command_line(int argc, char** argv);

} // namespace agent

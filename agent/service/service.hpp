// Service: the composition root. Builds every part, runs until SIGTERM or SIGINT, reloads on SIGHUP
// and stops in order. What survives a crash is the database; the next start goes on from there.
//
// agent/service/ puts the parts together and tells systemd how they are. It may use everything
// except the command line.
#pragma once

#include "agent/config/config.hpp"

namespace agent {

/// Runs the service in the foreground and returns the exit code of the process (contract section
/// 2).
int run_service(Config config);

} // namespace agent

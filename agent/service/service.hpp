// Agent: the composition root. Builds everything top to bottom, runs until SIGTERM or SIGINT,
// re-reads on SIGHUP, stops in order.
#pragma once

#include "agent/config/config.hpp"

namespace agent {

/// The whole service, in the foreground. Gives the process's exit code (contract section 2).
int run_service(Config config);

} // namespace agent

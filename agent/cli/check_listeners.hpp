// The part of `ffl-agent check` that tries where the HTTP API is to listen, without listening.
#pragma once

#include "agent/cli/report.hpp"
#include "agent/config/config.hpp"

namespace agent {

/// What keeps `run` from listening on [ingest] listen and socket. Where the agent that runs on this
/// queue listens already, that is as it should be.
void check_listeners(Report& report, const Config& config);

} // namespace agent

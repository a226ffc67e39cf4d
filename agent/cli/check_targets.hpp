// The part of `ffl-agent check --online` that connects to the targets of the webhooks. No request
// is sent.
#pragma once

#include "agent/cli/report.hpp"
#include "agent/config/config.hpp"
#include "agent/webhooks/webhook.hpp"

namespace agent {

/// Each target (scheme, host, port and TLS files) of the webhooks that are served once, many at a
/// time. Blocks for the longest time-out a round of them.
void check_targets(Report& report, const Config& config, const Snapshot& snapshot);

} // namespace agent

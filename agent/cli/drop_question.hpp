// The question before `ffl-agent queue drop` deletes: how many deliveries, and whose. Blocks.
#pragma once

#include "agent/config/config.hpp"
#include "agent/store/selection.hpp"
#include "common/base/result.hpp"

namespace agent {

/// Says on stderr what would be dropped and reads the answer from stdin: true for "y" or "yes".
/// Errors: those of the calls to the agent.
common::Result<bool> asked_to_drop(const Config& config, const Selection& selection);

} // namespace agent

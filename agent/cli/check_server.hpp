// The part of `ffl-agent check --online` that asks the FindFace Lite server: name, connection, TLS,
// login, list.
#pragma once

#include "agent/cli/report.hpp"
#include "agent/config/config.hpp"
#include "agent/webhooks/definition_list.hpp"

#include <optional>
#include <vector>

namespace agent {

/// Blocks for [server] request_timeout a step at most. server.url must be set. Returns the
/// definitions, if it came so far.
std::optional<std::vector<Definition>> check_server(Report& report, const Config& config);

} // namespace agent

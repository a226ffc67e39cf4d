// The answer to GET /v1/status (contract section 5). Loop thread; reads counters, never the
// database.
#pragma once

#include "agent/api/status_sources.hpp"

#include <nlohmann/json_fwd.hpp>

namespace agent {

/// Contains no secret: targets and the server's URL are shown without user and password.
nlohmann::json status_json(const StatusSources& sources);

/// "2025-06-15T15:06:40Z" (RFC 3339).
std::string rfc3339(common::WallTime time);

} // namespace agent

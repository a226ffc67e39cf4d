// The answer to GET /v1/status (contract section 5). Loop thread; reads counters, never the
// database.
#pragma once

#include "agent/api/status_sources.hpp"

#include <nlohmann/json_fwd.hpp>

namespace agent {

/// Contains no secret: targets and the server's URL are shown without user and password.
nlohmann::json status_json(const StatusSources& sources);

} // namespace agent

// The answer to GET /metrics: Prometheus text format 0.0.4. Loop thread; reads counters, never the
// database.
#pragma once

#include "agent/api/status_sources.hpp"

#include <string>

namespace agent {

/// Every family has a sample for every known webhook from the start, with 0, so that a rate also
/// covers the first event. Label values: webhook keys, states, outcomes.
std::string metrics_text(const StatusSources& sources);

} // namespace agent

// The answer of GET /metrics: Prometheus text format 0.0.4. Loop thread; reads counters, asks the
// database nothing.
#pragma once

#include "agent/api/status_sources.hpp"

#include <string>

namespace agent {

/// Every family of a known webhook is there from the start with 0, so that a rate over the first
/// event is seen. Label values: webhook keys, states, outcomes.
std::string metrics_text(const StatusSources& sources);

} // namespace agent

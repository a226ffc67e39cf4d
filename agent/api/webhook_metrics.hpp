// The metrics that are told by webhook. Loop thread; no database.
#pragma once

#include "agent/api/status_facts.hpp"
#include "common/text/metrics.hpp"

namespace agent {

/// `facts`: those of find_status() for the same sources.
void webhook_families(common::MetricsText& out, const StatusSources& sources,
                      const StatusFacts& facts);

} // namespace agent

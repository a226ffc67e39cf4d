// The part of `ffl-agent check --online` that asks the running agent.
#pragma once

#include "agent/cli/report.hpp"
#include "agent/config/config.hpp"

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace agent {

/// Whether it answers, with this version and with the configuration that is on disk. Blocks for
/// some seconds at most.
void check_agent(Report& report, const Config& config);

/// What the answer of GET /v1/status means for one who has read `config` from disk just now. Pure,
/// but for looking at the times of the files.
Findings judge_status(const nlohmann::json& status, const Config& config,
                      const std::string& own_version);

} // namespace agent

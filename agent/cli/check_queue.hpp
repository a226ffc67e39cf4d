// The part of `ffl-agent check` that is about the queue's files and their disk.
#pragma once

#include "agent/cli/report.hpp"
#include "agent/config/config.hpp"
#include "agent/webhooks/definition_list.hpp"

#include <optional>
#include <string>
#include <vector>

namespace agent {

/// The folder in which the service must be able to create files.
bool check_folder(Report& report, const std::string& what, const std::string& path);

void check_queue(Report& report, const Config& config);

/// The server's definitions as they were last fetched. Nothing if they never were, or the database
/// cannot be read.
std::optional<std::vector<Definition>> stored_definitions(const Config& config);

} // namespace agent

// `ffl-agent check`: validates everything that can be validated without starting the service.
#pragma once

#include <string>

namespace agent {

/// Validates the configuration as well, so it is given the path and not a loaded configuration.
int command_check(const std::string& config_path, bool as_json);

/// `check --reload`, for ExecReload=: judges only what a SIGHUP reads, as the service does, and
/// prints only what is wrong. No network, no database.
int command_check_reload(const std::string& config_path);

} // namespace agent

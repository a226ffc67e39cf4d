// `ffl-agent check`: validates everything that can be validated without starting the service.
#pragma once

#include <string>

namespace agent {

/// Validates the configuration as well, so it is given the path and not a loaded configuration.
int command_check(const std::string& config_path, bool as_json);

} // namespace agent

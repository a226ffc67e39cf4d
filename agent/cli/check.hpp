// `ffl-agent check`: validates everything that can be validated without starting the service, and
// with --online also what lies outside: the server, the targets, the running agent.
#pragma once

#include <string>

namespace agent {

struct CheckOptions {
    bool json = false;
    bool online = false;
    std::string base_dir; ///< of relative paths in the INI file; empty: its own folder
};

/// Validates the configuration as well, so it is given the path and not a loaded configuration.
int command_check(const std::string& config_path, const CheckOptions& options);

/// `check --reload`, for ExecReload=: judges only what a SIGHUP reads, as the service does, and
/// prints only what is wrong: on stderr, or as one document on stdout. No network, no database.
int command_check_reload(const std::string& config_path, const CheckOptions& options);

} // namespace agent

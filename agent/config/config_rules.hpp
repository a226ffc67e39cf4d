// The rules of the INI file that involve more than one key. Reads the systemd credential.
#pragma once

#include "agent/config/config.hpp"
#include "agent/config/config_findings.hpp"
#include "agent/config/config_keys.hpp"

namespace agent {

/// Checks a configuration of which every key was read, and completes it with the password where
/// that is a systemd credential.
void check_rules(Config& config, ConfigFindings& findings, const ConfigPlace& place,
                 const std::string& credentials_directory);

} // namespace agent

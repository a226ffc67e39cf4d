// Loads the INI file: all errors at once, each with its line. At start, and again on SIGHUP.
#pragma once

#include "agent/config/config.hpp"
#include "agent/config/config_findings.hpp"

#include <string>
#include <vector>

namespace agent {

/// A config, or every error ("agent.ini:12: [queue] sync = maybe: expected one of: full, normal").
struct LoadedConfig {
    Config config;
    std::vector<std::string> errors;
    std::vector<ConfigFault> faults; ///< the same errors, and where they are mended
    [[nodiscard]] bool good() const { return errors.empty(); }
};

/// Reads and checks the INI file and the files that it names (password, token, signing secrets,
/// headers, TLS). `credentials_directory`: see credentials_directory(). Without `secrets` only the
/// INI file itself is checked: the command line calls a running agent as a user who may not be able
/// to read those files. Relative paths in it start at `base_dir`, or where that is empty at the
/// folder of the INI file.
LoadedConfig load_config(const std::string& path, const std::string& credentials_directory,
                         bool secrets = true, const std::string& base_dir = {});

/// The rules that hold between settings, for a configuration that was put together from two: every
/// error, as in LoadedConfig.
std::vector<std::string> combination_errors(Config config);

/// $CREDENTIALS_DIRECTORY, where systemd puts the files of LoadCredential=; empty if there is none.
std::string credentials_directory();

/// --config, else $FFL_AGENT_CONFIG, else /etc/ffl-agent/agent.ini.
std::string config_path(const std::string& option);

/// Every key with its default, as in conf/agent.ini; a test compares the two.
struct KeyDefault {
    std::string section, key, value;
};
std::vector<KeyDefault> config_defaults();

} // namespace agent

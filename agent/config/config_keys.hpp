// The table of the INI file's keys: section, default, and a setter that checks the value. A new key
// needs a row in config_keys.cpp and its lines in conf/agent.ini; tests fail until both are there
// and the value is stored. Reads the files that values name.
#pragma once

#include "agent/config/config.hpp"
#include "agent/config/secrets.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// The surroundings of a value.
struct ConfigPlace {
    std::filesystem::path folder; ///< of the INI file
    bool secrets = true;          ///< whether to read the files that values name
    Warnings* warnings;           ///< of those files; not null
};

/// Checks and stores a value. Errors say what is expected or why a file cannot be used, without the
/// key and the value. Fault::config: the value itself is wrong; otherwise those of
/// read_text_file(), about the file that it names.
template <class Target>
using SetValue = std::function<common::Result<void>(Target&, const std::string& value,
                                                    const ConfigPlace& place)>;

struct ConfigKey {
    std::string_view section, key, fallback;
    bool shown; ///< whether an error may show the value
    SetValue<Config> set;
};
const std::vector<ConfigKey>& config_keys();

/// A key of [webhook GLOB] sections.
struct OverrideKey {
    std::string_view key;
    bool shown; ///< whether an error may show the value
    SetValue<WebhookOverride> set;
};
const std::vector<OverrideKey>& override_keys();

} // namespace agent

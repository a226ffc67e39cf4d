// The table of the INI file's keys: section, default, and a setter that checks the value. A new key
// needs a row in config_keys.cpp and its lines in conf/agent.ini, from which conf/agent.ini.5 is
// made; tests fail until all are there and the value is stored. Reads the files that values name.
#pragma once

#include "agent/config/config_value.hpp"

#include <string_view>
#include <vector>

namespace agent {

struct ConfigKey {
    std::string_view section, key, fallback;
    bool shown; ///< whether an error may show the value
    ValueKind<Config> value;
};
const std::vector<ConfigKey>& config_keys();

/// A key of [webhook GLOB] sections.
struct OverrideKey {
    std::string_view key;
    bool shown; ///< whether an error may show the value
    ValueKind<WebhookOverride> value;
};
const std::vector<OverrideKey>& override_keys();

} // namespace agent

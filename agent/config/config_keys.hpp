// The keys of the INI file: each with its section, its default and what it accepts. Adding a key
// means one line here, one in conf/agent.ini and one in contract and README. Pure.
#pragma once

#include "agent/config/config.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// What a value needs beside itself.
struct ConfigPlace {
    std::filesystem::path folder; ///< of the INI file
    bool secrets = true;          ///< whether the files that are named are read
};

template <class Target>
using SetValue = std::function<common::Result<void>(Target&, const std::string& value,
                                                    const ConfigPlace& place)>;

struct ConfigKey {
    std::string_view section, key, fallback;
    bool shown; ///< whether an error may show the value
    SetValue<Config> set;
};
const std::vector<ConfigKey>& config_keys();

/// Of a [webhook GLOB] section.
struct OverrideKey {
    std::string_view key;
    SetValue<WebhookOverride> set;
};
const std::vector<OverrideKey>& override_keys();

} // namespace agent

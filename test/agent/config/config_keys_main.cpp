// ffl-config-keys: prints the table of the INI file's keys as JSON, for scripts/config_manual.py.
#include "agent/config/config_keys.hpp"

#include <iostream>
#include <nlohmann/json.hpp>

int main() {
    auto all = nlohmann::ordered_json::array();
    for (const auto& key : agent::config_keys()) {
        all.push_back({{"section", key.section},
                       {"key", key.key},
                       {"default", key.fallback},
                       {"form", key.value.form}});
    }
    for (const auto& key : agent::override_keys()) {
        all.push_back({{"section", "webhook GLOB"}, {"key", key.key}, {"form", key.value.form}});
    }
    std::cout << all.dump(1) << '\n';
}

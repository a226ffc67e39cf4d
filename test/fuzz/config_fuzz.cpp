// The INI file as a whole, without the files that it names: the order of its keys changes nothing.

#include "agent/config/config_file.hpp"
#include "common/text/ini.hpp"
#include "common/text/plain_text.hpp"
#include "test/fuzz/memory_file.hpp"
#include "test/fuzz/target.hpp"

namespace {

using fuzz::require;

agent::LoadedConfig load(const fuzz::MemoryFile& file) {
    return agent::load_config(file.path(), "", false);
}

/// With the keys of each section in the opposite order.
std::string turned(const common::IniText& ini) {
    std::string text;
    for (const auto& section : ini.sections) {
        text += '[' + section.name + "]\n";
        for (auto at = ini.settings.rbegin(); at != ini.settings.rend(); ++at) {
            if (at->section == section.name) {
                text += at->key + " = " + at->value + '\n';
            }
        }
    }
    return text;
}

void read(std::string_view bytes) {
    static fuzz::MemoryFile file;
    file.write(bytes);
    const auto loaded = load(file);
    require(loaded.errors.size() == loaded.faults.size(), "each error has its place");
    for (const auto& error : loaded.errors) {
        require(error.starts_with(file.path()), "an error begins with the file");
    }
    const auto text = common::plain_text(std::string{bytes});
    const auto ini = common::parse_ini(text.value_or("broken"));
    if (!ini.errors.empty()) {
        require(!loaded.good(), "bad lines are errors");
        return;
    }
    file.write(turned(ini));
    const auto other = load(file);
    require(other.errors.size() == loaded.errors.size(), "in another order it has as many errors");
    require(other.config.warnings.size() == loaded.config.warnings.size(), "and warnings");
    for (const auto* name : {"door", "door 7", ""}) {
        require(agent::settings_for(other.config, name) ==
                        agent::settings_for(loaded.config, name) &&
                    agent::included(other.config, name) == agent::included(loaded.config, name),
                "and the same settings for a webhook");
    }
}

const fuzz::Registered registered{{"config", read}};

} // namespace

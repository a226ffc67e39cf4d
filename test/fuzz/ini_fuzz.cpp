// What was read from an INI file is read again when it is written out.

#include "common/text/ini.hpp"
#include "common/text/plain_text.hpp"
#include "test/fuzz/target.hpp"

#include <string>

namespace {

using fuzz::require;

std::string written(const common::IniText& ini) {
    std::string text;
    for (const auto& section : ini.sections) {
        text += '[' + section.name + "]\n";
        for (const auto& setting : ini.settings) {
            if (setting.section == section.name) {
                text += setting.key + " = " + setting.value + '\n';
            }
        }
    }
    return text;
}

void read(std::string_view bytes) {
    const auto text = common::plain_text(std::string{bytes});
    if (!text) {
        return;
    }
    const auto ini = common::parse_ini(*text);
    const auto lines = static_cast<int>(common::lines_of(*text).size());
    int last = 0;
    for (const auto& setting : ini.settings) {
        require(setting.line > last && setting.line <= lines, "each line has one setting at most");
        last = setting.line;
    }
    for (const auto& error : ini.errors) {
        require(error.line > 0 && error.line <= lines, "an error names a line of the file");
    }
    if (!ini.errors.empty()) {
        return;
    }
    require(!ini.lines_lost, "nothing is lost without an error");
    const auto again = common::parse_ini(written(ini));
    require(again.errors.empty() && again.settings.size() == ini.settings.size(),
            "what was read is written out as valid text");
    for (std::size_t i = 0; i < ini.settings.size(); ++i) {
        require(again.settings[i].section == ini.settings[i].section &&
                    again.settings[i].key == ini.settings[i].key &&
                    again.settings[i].value == ini.settings[i].value,
                "with the same settings");
    }
}

const fuzz::Registered registered{{"ini", read}};

} // namespace

#include "agent/config/config_findings.hpp"

#include "common/text/plain_text.hpp"
#include "common/text/values.hpp"

#include <algorithm>

namespace agent {

std::string ConfigFindings::at(int line) const {
    return line == 0 ? path_ + ": " : path_ + ":" + std::to_string(line) + ": ";
}

int ConfigFindings::line_of(const SettingName& setting) const {
    const auto line = lines_.find(setting);
    return line == lines_.end() ? 0 : line->second;
}

void ConfigFindings::complain(int line, const std::string& message) {
    faults_.push_back({line, "", "", at(line) + message, path_});
}

void ConfigFindings::complain(const std::string& section, const std::string& key,
                              const std::string& message) {
    complain_of_file(section, key, message, path_, common::Fault::config);
    faults_.back().is_rule = true;
}

void ConfigFindings::complain_of_file(const std::string& section, const std::string& key,
                                      const std::string& message, const std::string& file,
                                      common::Fault fault) {
    const auto line = line_of({section, key});
    faults_.push_back({line, section, key, at(line) + "[" + section + "] " + key + message,
                       fault == common::Fault::config ? path_ : file, fault});
}

void ConfigFindings::complain_of_all(const common::Error& error) {
    const bool named = error.message.starts_with(path_);
    faults_.push_back(
        {0, "", "", named ? error.message : at(0) + error.message, path_, error.fault});
}

void ConfigFindings::warn(int line, const std::string& message) {
    warnings_.push_back(at(line) + message);
}

void ConfigFindings::warn(const std::string& section, const std::string& key,
                          const std::string& message) {
    warn(line_of({section, key}), "[" + section + "] " + key + ": " + message);
}

void ConfigFindings::set_line(const std::string& section, const std::string& key, int line) {
    lines_[{section, key}] = line;
}

void ConfigFindings::set_invalid(const std::string& section, const std::string& key) {
    invalid_.insert({section, key});
}

bool ConfigFindings::is_valid(const std::string& section, const std::string& key) const {
    const SettingName setting{section, key};
    return !invalid_.contains(setting) && !(unknown_lines_ && !lines_.contains(setting));
}

std::vector<ConfigFault> ConfigFindings::faults() const {
    auto sorted = faults_;
    std::ranges::stable_sort(sorted, {}, &ConfigFault::line);
    return sorted;
}

std::string odd_value(const std::string& value) {
    auto parts = common::parse_list(value);
    parts.push_back(value);
    if (std::ranges::any_of(parts, common::is_quoted)) {
        return "values are written without quotes; here the quotes are part of the value";
    }
    for (const auto* sign : {" ;", "\t;", " #", "\t#"}) {
        if (value.find(sign) != std::string::npos) {
            return std::string{"a comment needs a line of its own; here \""} + sign[1] +
                   "\" and what follows are part of the value";
        }
    }
    return {};
}

} // namespace agent

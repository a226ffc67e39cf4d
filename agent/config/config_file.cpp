#include "agent/config/config_file.hpp"

#include "agent/config/config_keys.hpp"
#include "agent/config/config_rules.hpp"
#include "agent/config/file_stamp.hpp"
#include "agent/config/named_path.hpp"
#include "agent/config/secrets.hpp"
#include "agent/config/text_file.hpp"
#include "common/text/ini.hpp"
#include "common/text/invalid.hpp"
#include "common/text/values.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

namespace agent {

namespace {

/// "door*" for the section "webhook door*"; no value for other sections.
std::optional<std::string> webhook_glob(const std::string& section) {
    constexpr std::string_view word = "webhook";
    if (section != word && !section.starts_with("webhook ") && !section.starts_with("webhook\t")) {
        return std::nullopt;
    }
    const auto glob = section.find_first_not_of(" \t", word.size());
    return glob == std::string::npos ? std::string{} : section.substr(glob);
}

std::vector<std::string> known_sections() {
    std::vector<std::string> sections;
    for (const auto& key : config_keys()) {
        if (sections.empty() || sections.back() != key.section) {
            sections.emplace_back(key.section);
        }
    }
    sections.emplace_back("webhook GLOB");
    return sections;
}

/// The keys of a section; empty for an unknown section.
std::vector<std::string> known_keys(const std::string& section) {
    std::vector<std::string> keys;
    if (webhook_glob(section)) {
        for (const auto& known : override_keys()) {
            keys.emplace_back(known.key);
        }
    }
    for (const auto& known : config_keys()) {
        if (known.section == section) {
            keys.emplace_back(known.key);
        }
    }
    return keys;
}

class Loader {
  public:
    Loader(const std::string& path, bool secrets, const std::string& base_dir)
        : place_{base_dir.empty() ? std::filesystem::path{path}.parent_path()
                                  : std::filesystem::path{base_dir},
                 secrets, &of_files_},
          findings_{path} {
        config_.path = path;
        config_.files.push_back(path);
    }

    LoadedConfig load(const std::string& credentials_directory) {
        if (const auto text = read_text_file(config_.path, most_of_an_ini)) {
            read(*text);
            check_rules(config_, findings_, place_, credentials_directory);
        } else {
            findings_.complain_of_all(text.error());
        }
        LoadedConfig out;
        out.faults = findings_.faults();
        for (const auto& fault : out.faults) {
            out.errors.push_back(fault.message);
        }
        out.config = std::move(config_);
        out.config.warnings = findings_.warnings();
        out.config.stamp = stamp_of(out.config.files);
        return out;
    }

  private:
    void read(std::string_view text) {
        const auto ini = common::parse_ini(text);
        for (const auto& fault : ini.errors) {
            findings_.complain(fault.line, fault.message);
        }
        if (ini.lines_lost) {
            findings_.set_unknown_lines();
        }
        for (const auto& section : ini.sections) {
            open_section(section);
        }
        apply_defaults();
        for (const auto& setting : ini.settings) {
            findings_.set_line(setting.section, setting.key, setting.line);
            apply(setting);
        }
    }

    void open_section(const common::Section& section) {
        const auto glob = webhook_glob(section.name);
        if (!glob) {
            if (known_keys(section.name).empty()) {
                findings_.complain(section.line,
                                   common::unknown("section", section.name, known_sections()));
            }
            return;
        }
        if (glob->empty()) {
            findings_.complain(
                section.line,
                "[webhook] has no name: expected [webhook GLOB], such as [webhook door*]");
            return;
        }
        if (const auto odd = odd_value(*glob); !odd.empty()) {
            findings_.warn(section.line, "[" + section.name + "]: " + odd);
        }
        const auto [first, is_new] = globs_.emplace(*glob, section);
        if (is_new) {
            auto& added = config_.overrides.emplace_back();
            added.glob = *glob;
            added.section = section.name;
        } else if (first->second.name != section.name) { // else reported by the INI reader
            findings_.complain(
                section.line, "section [webhook " + *glob + "] already begins in line " +
                                  std::to_string(first->second.line) + ": expected its keys there");
        }
    }

    void apply_defaults() {
        for (const auto& key : config_keys()) {
            (void)key.value.set(config_, std::string{key.fallback}, place_);
        }
    }

    void apply(const common::Setting& setting) {
        common::Result<void> done;
        bool shown = true;
        if (!is_utf8(setting.value)) {
            done = common::fail(common::Fault::config, "expected UTF-8");
            shown = false;
        } else if (const auto glob = webhook_glob(setting.section)) {
            const auto known = std::ranges::find(override_keys(), setting.key, &OverrideKey::key);
            const auto section =
                std::ranges::find(config_.overrides, *glob, &WebhookOverride::glob);
            if (known == override_keys().end()) {
                return refuse_key(setting);
            }
            if (section == config_.overrides.end()) {
                return; // [webhook] without a glob, already reported
            }
            shown = known->shown;
            done = known->value.set(*section, setting.value, place_);
        } else {
            const auto known = std::ranges::find_if(config_keys(), [&](const ConfigKey& key) {
                return key.section == setting.section && key.key == setting.key;
            });
            if (known == config_keys().end()) {
                return refuse_key(setting);
            }
            shown = known->shown;
            done = known->value.set(config_, setting.value, place_);
        }
        judge(setting, done, shown);
    }

    void judge(const common::Setting& setting, const common::Result<void>& done, bool shown) {
        const auto odd = odd_value(setting.value);
        for (const auto& warning : std::exchange(of_files_, {})) {
            findings_.warn(setting.section, setting.key, warning);
        }
        if (done) {
            note_file(setting);
            if (!odd.empty()) {
                findings_.warn(setting.section, setting.key, odd);
            }
            return;
        }
        findings_.set_invalid(setting.section, setting.key);
        // Any other value is no path, and may have a secret in it; its errors are the INI's.
        const auto file = file_named_by(setting);
        findings_.complain_of_file(setting.section, setting.key,
                                   (shown ? " = " + setting.value : "") + ": " +
                                       done.error().message + (odd.empty() ? "" : " (" + odd + ")"),
                                   file.value_or(config_.path),
                                   file ? done.error().fault : common::Fault::config);
    }

    /// The file that a setting names; nothing where its value is something else, or empty.
    [[nodiscard]] std::optional<std::string> file_named_by(const common::Setting& setting) const {
        const bool named = setting.key.ends_with("_file") || setting.key == "file";
        if (!named || setting.value.empty()) {
            return std::nullopt;
        }
        return path_of(setting.value, place_.folder).value_or(setting.value);
    }

    void note_file(const common::Setting& setting) {
        if (auto file = file_named_by(setting)) {
            config_.files.push_back(std::move(*file));
        }
    }

    // The value is not shown: it may be a password in the wrong place.
    void refuse_key(const common::Setting& setting) {
        const auto known = known_keys(setting.section);
        if (known.empty()) {
            // The section is unknown and was reported; the key may be meant for any other.
            for (const auto& key : config_keys()) {
                if (key.key == setting.key) {
                    findings_.set_invalid(std::string{key.section}, setting.key);
                }
            }
            return;
        }
        findings_.set_invalid(setting.section, common::nearest(setting.key, known));
        findings_.complain(setting.line, "[" + setting.section + "] " +
                                             common::unknown("key", setting.key, known));
    }

    Config config_;
    Warnings of_files_; // of those that the last value named
    ConfigPlace place_;
    ConfigFindings findings_;
    std::map<std::string, common::Section> globs_; // the section that introduced each glob
};

} // namespace

LoadedConfig load_config(const std::string& path, const std::string& credentials_directory,
                         bool secrets, const std::string& base_dir) {
    return Loader{path, secrets, base_dir}.load(credentials_directory);
}

std::vector<std::string> combination_errors(Config config) {
    Warnings of_files;
    const ConfigPlace place{std::filesystem::path{config.path}.parent_path(), true, &of_files};
    ConfigFindings findings{config.path};
    check_rules(config, findings, place, credentials_directory());
    std::vector<std::string> errors;
    for (const auto& fault : findings.faults()) {
        errors.push_back(fault.message);
    }
    return errors;
}

std::string credentials_directory() {
    const char* folder = std::getenv("CREDENTIALS_DIRECTORY");
    return folder == nullptr ? "" : folder;
}

std::string config_path(const std::string& option) {
    if (!option.empty()) {
        return option;
    }
    const char* const variable = std::getenv("FFL_AGENT_CONFIG");
    return variable != nullptr && *variable != '\0' ? variable : "/etc/ffl-agent/agent.ini";
}

std::vector<KeyDefault> config_defaults() {
    std::vector<KeyDefault> defaults;
    for (const auto& key : config_keys()) {
        defaults.push_back(
            {std::string{key.section}, std::string{key.key}, std::string{key.fallback}});
    }
    return defaults;
}

} // namespace agent

#include "agent/config/config_file.hpp"

#include "agent/config/config_keys.hpp"
#include "agent/config/listen_address.hpp"
#include "agent/config/secrets.hpp"
#include "common/base/file.hpp"
#include "common/text/ini.hpp"
#include "common/text/invalid.hpp"
#include "common/text/values.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace agent {

namespace {

using SettingName = std::pair<std::string, std::string>; ///< section and key

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
    Loader(const std::string& path, bool secrets)
        : place_{std::filesystem::path{path}.parent_path(), secrets} {
        out_.config.path = path;
    }

    void read(std::string_view text) {
        const auto ini = common::parse_ini(text);
        for (const auto& fault : ini.errors) {
            complain(fault.line, fault.message);
        }
        for (const auto& section : ini.sections) {
            open_section(section);
        }
        apply_defaults();
        for (const auto& setting : ini.settings) {
            lines_[{setting.section, setting.key}] = setting.line;
            apply(setting);
        }
    }

    /// Checks the rules that involve more than one key.
    void check_combinations(const std::string& credentials_directory) {
        check_server(credentials_directory);
        check_ingest();
        check_delivery();
        for (const auto& section : out_.config.overrides) {
            check_override(section);
        }
    }

    /// The result, with the errors in the order of their lines.
    LoadedConfig finish() {
        std::ranges::stable_sort(errors_, {}, &std::pair<int, std::string>::first);
        for (auto& [line, message] : errors_) {
            out_.errors.push_back(std::move(message));
        }
        return std::move(out_);
    }

    /// `line` 0: the file as a whole.
    void complain(int line, const std::string& message) {
        const auto where =
            line == 0 ? out_.config.path : out_.config.path + ":" + std::to_string(line);
        errors_.emplace_back(line, where + ": " + message);
    }

  private:
    /// `message` continues "[section] key".
    void complain(const std::string& section, const std::string& key, const std::string& message) {
        const auto line = lines_.find({section, key});
        complain(line == lines_.end() ? 0 : line->second, "[" + section + "] " + key + message);
    }

    /// Whether the key has a valid value or none. Other keys are not checked against invalid ones.
    [[nodiscard]] bool is_valid(const std::string& section, const std::string& key) const {
        return !invalid_.contains({section, key});
    }

    void open_section(const common::Section& section) {
        const auto glob = webhook_glob(section.name);
        if (!glob) {
            if (known_keys(section.name).empty()) {
                complain(section.line, common::unknown("section", section.name, known_sections()));
            }
            return;
        }
        if (glob->empty()) {
            complain(section.line,
                     "[webhook] has no name: expected [webhook GLOB], such as [webhook door*]");
            return;
        }
        const auto [first, is_new] = globs_.emplace(*glob, section);
        if (is_new) {
            out_.config.overrides.emplace_back().glob = *glob;
        } else if (first->second.name != section.name) { // else reported by the INI reader
            complain(section.line, "section [webhook " + *glob + "] already begins in line " +
                                       std::to_string(first->second.line) +
                                       ": expected its keys there");
        }
    }

    void apply_defaults() {
        for (const auto& key : config_keys()) {
            (void)key.set(out_.config, std::string{key.fallback}, place_);
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
                std::ranges::find(out_.config.overrides, *glob, &WebhookOverride::glob);
            if (known == override_keys().end()) {
                return refuse_key(setting);
            }
            if (section == out_.config.overrides.end()) {
                return; // [webhook] without a glob, already reported
            }
            shown = known->shown;
            done = known->set(*section, setting.value, place_);
        } else {
            const auto known = std::ranges::find_if(config_keys(), [&](const ConfigKey& key) {
                return key.section == setting.section && key.key == setting.key;
            });
            if (known == config_keys().end()) {
                return refuse_key(setting);
            }
            shown = known->shown;
            done = known->set(out_.config, setting.value, place_);
        }
        if (!done) {
            invalid_.insert({setting.section, setting.key});
            complain(setting.section, setting.key,
                     (shown ? " = " + setting.value : "") + ": " + done.error().message);
        }
    }

    // The value is not shown: it may be a password in the wrong place.
    void refuse_key(const common::Setting& setting) {
        if (const auto known = known_keys(setting.section); !known.empty()) {
            complain(setting.line,
                     "[" + setting.section + "] " + common::unknown("key", setting.key, known));
        }
    }

    void check_server(const std::string& credentials_directory) {
        auto& server = out_.config.server;
        if (!is_valid("server", "url")) {
            return;
        }
        if (!server.url) {
            if (out_.config.webhooks.file.empty()) {
                complain("server", "url",
                         " is not set: expected the URL of the FindFace Lite server, or [webhooks] "
                         "file on a device without a server");
            }
            return;
        }
        if (server.username.empty()) {
            complain("server", "username", " is not set: expected the login for url");
        }
        if (!place_.secrets || !server.password_file.empty() ||
            !is_valid("server", "password_file")) {
            return;
        }
        if (credentials_directory.empty()) {
            complain("server", "password_file",
                     " is not set: expected a file with the password for url, or a systemd "
                     "credential named password");
            return;
        }
        server.password_file = (std::filesystem::path{credentials_directory} / "password").string();
        if (auto password = read_password(server.password_file)) {
            server.password = std::move(*password);
        } else {
            complain("server", "password_file",
                     " is not set, and the systemd credential cannot be used: " +
                         password.error().message);
        }
    }

    void check_ingest() {
        const auto& ingest = out_.config.ingest;
        if (is_valid("ingest", "listen")) {
            if (ingest.listen.empty() && ingest.socket.empty()) {
                complain("ingest", "listen",
                         " and socket are both empty: expected at least one of them, for events to "
                         "arrive");
            }
            if (!ingest.listen.empty() && !listens_on_loopback(ingest.listen) &&
                ingest.token_file.empty()) {
                complain("ingest", "listen",
                         " = " + ingest.listen +
                             ": expected token_file to be set, because other hosts can reach this "
                             "address; without a token listen on 127.0.0.1 or [::1]");
            }
        }
        check_pair("ingest", "tls_cert_file", !ingest.tls_cert_file.empty(), "tls_key_file",
                   !ingest.tls_key_file.empty());
    }

    /// A certificate and its key are set together.
    void check_pair(const std::string& section, const std::string& one, bool has_one,
                    const std::string& other, bool has_other) {
        if (has_one != has_other) {
            complain(section, has_one ? one : other,
                     " is set without " + (has_one ? other : one) + ": expected both");
        }
    }

    void check_delivery() {
        const auto& tls = out_.config.delivery.defaults.tls;
        check_pair("delivery", "client_cert_file", !tls.client_cert_file.empty(), "client_key_file",
                   !tls.client_key_file.empty());
    }

    void check_override(const WebhookOverride& section) {
        const auto name = globs_.at(section.glob).name;
        if (section.cooldown_key && !section.cooldown && is_valid(name, "cooldown")) {
            complain(name, "cooldown_key",
                     " is set without cooldown: expected both, such as cooldown = 30s");
        }
        // An empty value overrides [delivery] with "none", so it too must be set for both.
        const auto& cert = section.client_cert_file;
        const auto& key = section.client_key_file;
        check_pair(name, "client_cert_file", cert.has_value(), "client_key_file", key.has_value());
        if (cert && key) {
            check_pair(name, "client_cert_file", !cert->empty(), "client_key_file", !key->empty());
        }
    }

    ConfigPlace place_;
    LoadedConfig out_;
    std::vector<std::pair<int, std::string>> errors_; // with their lines
    std::map<SettingName, int> lines_;
    std::set<SettingName> invalid_;
    std::map<std::string, common::Section> globs_; // the section that introduced each glob
};

} // namespace

LoadedConfig load_config(const std::string& path, const std::string& credentials_directory,
                         bool secrets) {
    Loader loader{path, secrets};
    if (const auto text = common::read_file(path)) {
        loader.read(*text);
        loader.check_combinations(credentials_directory);
    } else {
        loader.complain(0, text.error().message);
    }
    return loader.finish();
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

#include "agent/config/config.hpp"

#include "agent/config/config_keys.hpp"
#include "agent/config/listen_address.hpp"
#include "agent/config/secrets.hpp"
#include "common/base/file.hpp"
#include "common/text/ini.hpp"
#include "common/text/values.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <set>

namespace agent {

namespace {

using Place = std::pair<std::string, std::string>; ///< section and key

/// "webhook door*" gives "door*"; nothing for other sections.
std::optional<std::string> webhook_glob(const std::string& section) {
    constexpr std::string_view word = "webhook";
    if (section != word && !section.starts_with("webhook ") && !section.starts_with("webhook\t")) {
        return std::nullopt;
    }
    const auto glob = section.find_first_not_of(" \t", word.size());
    return glob == std::string::npos ? std::string{} : section.substr(glob);
}

std::string join(const std::set<std::string_view>& words) {
    std::string text;
    for (const auto word : words) {
        text.append(text.empty() ? "" : ", ").append(word);
    }
    return text;
}

/// The keys of a section; empty for a section that there is not.
std::set<std::string_view> keys_of(const std::string& section) {
    std::set<std::string_view> keys;
    if (webhook_glob(section)) {
        for (const auto& known : override_keys()) {
            keys.insert(known.key);
        }
    }
    for (const auto& known : config_keys()) {
        if (known.section == section) {
            keys.insert(known.key);
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
        const auto parsed = common::parse_ini(text);
        for (const auto& fault : parsed.errors) {
            complain(fault.line, fault.message);
        }
        for (const auto& section : parsed.sections) {
            open_section(section);
        }
        apply_defaults();
        for (const auto& setting : parsed.settings) {
            lines_[{setting.section, setting.key}] = setting.line;
            apply(setting);
        }
    }

    /// What no key can tell by itself.
    void check_combinations(const std::string& credentials_directory) {
        judge_server(credentials_directory);
        judge_ingest();
        judge_delivery();
        for (const auto& section : out_.config.overrides) {
            judge_override(section);
        }
    }

    LoadedConfig take() {
        std::ranges::stable_sort(errors_, {}, &std::pair<int, std::string>::first);
        for (auto& [line, message] : errors_) {
            out_.errors.push_back(std::move(message));
        }
        return std::move(out_);
    }

    void complain(int line, const std::string& what) {
        const auto where =
            line == 0 ? out_.config.path : out_.config.path + ":" + std::to_string(line);
        errors_.emplace_back(line, where + ": " + what);
    }

  private:
    void complain(const std::string& section, const std::string& key, const std::string& what) {
        const auto line = lines_.find({section, key});
        complain(line == lines_.end() ? 0 : line->second, "[" + section + "] " + key + ": " + what);
    }

    /// Whether the key, set or not, holds what it should: only then it is judged together with
    /// others.
    [[nodiscard]] bool sound(const std::string& section, const std::string& key) const {
        return !broken_.contains({section, key});
    }

    void open_section(const common::Section& section) {
        const auto glob = webhook_glob(section.name);
        if (!glob) {
            if (keys_of(section.name).empty()) {
                std::set<std::string_view> known;
                for (const auto& key : config_keys()) {
                    known.insert(key.section);
                }
                complain(section.line, "[" + section.name + "] is no section; accepted are " +
                                           join(known) + ", webhook GLOB");
            }
            return;
        }
        if (glob->empty()) {
            complain(section.line,
                     "[webhook] must say for which names: [webhook GLOB], such as [webhook door*]");
        } else if (find_override(*glob) != nullptr && !lines_.contains({section.name, ""})) {
            complain(section.line,
                     "[webhook " + *glob + "] was opened already; put its keys there");
        } else if (find_override(*glob) == nullptr) {
            out_.config.overrides.emplace_back().glob = *glob;
        }
        lines_.try_emplace({section.name, ""}, section.line);
    }

    WebhookOverride* find_override(const std::string& glob) {
        auto& all = out_.config.overrides;
        const auto found = std::ranges::find(all, glob, &WebhookOverride::glob);
        return found == all.end() ? nullptr : &*found;
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
            done = common::fail(common::Fault::config, "the file must be UTF-8");
            shown = false;
        } else if (const auto glob = webhook_glob(setting.section)) {
            const auto known = std::ranges::find(override_keys(), setting.key, &OverrideKey::key);
            auto* const section = find_override(*glob);
            if (known == override_keys().end()) {
                return refuse_key(setting);
            }
            if (section == nullptr) {
                return; // [webhook] without a glob, said already
            }
            shown = setting.key != "signing_secret_file";
            done = known->set(*section, setting.value, place_);
        } else {
            const auto same = [&](const ConfigKey& key) {
                return key.section == setting.section && key.key == setting.key;
            };
            const auto known = std::ranges::find_if(config_keys(), same);
            if (known == config_keys().end()) {
                return refuse_key(setting);
            }
            shown = known->shown;
            done = known->set(out_.config, setting.value, place_);
        }
        if (!done) {
            broken_.insert({setting.section, setting.key});
            const auto value = shown ? " = " + setting.value : "";
            complain(setting.line, "[" + setting.section + "] " + setting.key + value + ": " +
                                       done.error().message);
        }
    }

    // The value is not shown: it may be a password that somebody wrote here.
    void refuse_key(const common::Setting& setting) {
        if (const auto known = keys_of(setting.section); !known.empty()) {
            complain(setting.line, "[" + setting.section + "] " + setting.key +
                                       " is no key of this section; accepted are " + join(known));
        }
    }

    void judge_server(const std::string& credentials_directory) {
        auto& server = out_.config.server;
        if (!sound("server", "url")) {
            return;
        }
        if (!server.url) {
            if (out_.config.webhooks.file.empty()) {
                complain("server", "url",
                         "empty; give the FindFace Lite server's URL, or for a device without a "
                         "server [webhooks] file");
            }
            return;
        }
        if (server.username.empty()) {
            complain("server", "username", "needed with url");
        }
        if (!place_.secrets || !server.password_file.empty() || !sound("server", "password_file")) {
            return;
        }
        if (credentials_directory.empty()) {
            complain("server", "password_file",
                     "needed with url, unless systemd gives a credential named password");
            return;
        }
        server.password_file = (std::filesystem::path{credentials_directory} / "password").string();
        if (auto password = read_password(server.password_file)) {
            server.password = std::move(*password);
        } else {
            complain("server", "password_file",
                     "not given, and the credential is no help: " + password.error().message);
        }
    }

    void judge_ingest() {
        const auto& ingest = out_.config.ingest;
        if (sound("ingest", "listen")) {
            if (ingest.listen.empty() && ingest.socket.empty()) {
                complain("ingest", "listen",
                         "empty, and socket too; events need at least one of them to come in");
            }
            if (!ingest.listen.empty() && !listens_on_loopback(ingest.listen) &&
                ingest.token_file.empty()) {
                complain("ingest", "listen",
                         ingest.listen + " can be reached from the network and needs token_file; "
                                         "without one listen on 127.0.0.1 or [::1]");
            }
        }
        judge_pair("ingest", "tls_cert_file", !ingest.tls_cert_file.empty(), "tls_key_file",
                   !ingest.tls_key_file.empty());
    }

    /// A certificate is nothing without its key.
    void judge_pair(const std::string& section, const std::string& one, bool has_one,
                    const std::string& other, bool has_other) {
        if (has_one != has_other) {
            complain(section, has_one ? one : other, "needs " + (has_one ? other : one) + " too");
        }
    }

    void judge_delivery() {
        const auto& tls = out_.config.delivery.defaults.tls;
        judge_pair("delivery", "client_cert_file", !tls.client_cert_file.empty(), "client_key_file",
                   !tls.client_key_file.empty());
    }

    void judge_override(const WebhookOverride& section) {
        const auto name = "webhook " + section.glob;
        if (section.cooldown_key && !section.cooldown && sound(name, "cooldown")) {
            complain(name, "cooldown_key",
                     "does nothing without cooldown; say for how long, such as cooldown = 30s");
        }
        // An empty value says "none" against [delivery], so it too has to be said of both.
        const auto& cert = section.client_cert_file;
        const auto& key = section.client_key_file;
        judge_pair(name, "client_cert_file", cert.has_value(), "client_key_file", key.has_value());
        if (cert && key) {
            judge_pair(name, "client_cert_file", !cert->empty(), "client_key_file", !key->empty());
        }
    }

    ConfigPlace place_;
    LoadedConfig out_;
    std::vector<std::pair<int, std::string>> errors_;
    std::map<Place, int> lines_;
    std::set<Place> broken_;
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
    return loader.take();
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

DeliverySettings settings_for(const Config& config, std::string_view webhook_name) {
    auto settings = config.delivery.defaults;
    const auto matches = [&](const WebhookOverride& section) {
        return common::glob_matches(section.glob, webhook_name);
    };
    const auto found = std::ranges::find_if(config.overrides, matches);
    if (found != config.overrides.end()) {
        const auto take = [](auto& value, const auto& over) {
            if (over) {
                value = *over;
            }
        };
        take(settings.body, found->body);
        take(settings.timeout, found->timeout);
        take(settings.max_age, found->max_age);
        take(settings.cooldown, found->cooldown);
        take(settings.cooldown_key, found->cooldown_key);
        take(settings.headers, found->headers);
        take(settings.signing_keys, found->signing_keys);
        take(settings.tls.ca_file, found->ca_file);
        take(settings.tls.client_cert_file, found->client_cert_file);
        take(settings.tls.client_key_file, found->client_key_file);
    }
    return settings;
}

bool included(const Config& config, std::string_view webhook_name) {
    const auto matches = [webhook_name](const std::string& glob) {
        return common::glob_matches(glob, webhook_name);
    };
    return std::ranges::any_of(config.webhooks.include, matches) &&
           std::ranges::none_of(config.webhooks.exclude, matches);
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

// Config: the INI file (contract section 3) as typed values with their defaults, every error in one
// go. Read again on SIGHUP.
#pragma once

#include "agent/webhooks/delivery.hpp"
#include "agent/webhooks/webhook.hpp"
#include "common/base/durability.hpp"
#include "common/base/log_level.hpp"
#include "common/net/address.hpp"
#include "common/net/url.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

enum class WhenFull { reject, drop_oldest };

/// A [webhook GLOB] section: what it sets over [delivery].
struct WebhookOverride {
    std::string glob;
    std::optional<common::Millis> max_age, cooldown, timeout;
    std::optional<CooldownKey> cooldown_key;
    std::optional<BodyShape> body;
    std::optional<common::Headers> headers;
    std::optional<std::vector<std::string>> signing_keys;
    std::optional<std::string> ca_file, client_cert_file, client_key_file;
};

struct Config {
    std::string path; ///< of the INI file

    struct Server {
        std::optional<common::Url> url; ///< none: standalone
        std::string username;
        std::string password_file;
        std::string password; ///< read from the file
        std::string ca_file;
        common::Millis sync_interval{60'000};
        common::Millis request_timeout{10'000};
    } server;
    struct Webhooks {
        std::string file;
        std::vector<std::string> include{"*"};
        std::vector<std::string> exclude;
    } webhooks;
    struct Ingest {
        std::string listen{"127.0.0.1:8093"};
        std::string socket{"/run/ffl-agent/agent.sock"};
        std::string token_file;
        std::string token; ///< read from the file; empty: none wanted
        std::string tls_cert_file;
        std::string tls_key_file;
        std::uint64_t max_body = 4ULL << 20;
        std::uint64_t max_connections = 256;
    } ingest;
    struct DeliverySection {
        DeliverySettings defaults; ///< body, timeout, TLS files, signing keys, and queue.max_age
        std::uint64_t connections = 64;
        std::uint64_t connections_per_target = 4;
        common::Backoff retry;
        std::string signing_secret_file;
        std::vector<common::IpRange> deny_targets;
    } delivery;
    struct Queue {
        std::string path{"/var/lib/ffl-agent/agent.db"};
        common::Sync sync = common::Sync::full;
        common::Millis commit_window{0};
        std::uint64_t max_size = 1ULL << 30;
        std::uint64_t min_free = 64ULL << 20;
        WhenFull when_full = WhenFull::reject;
        common::Millis max_age{0};
        common::Millis keep_dead{7LL * 24 * 3600 * 1000};
    } queue;
    common::log::Level log_level = common::log::Level::info;
    std::vector<WebhookOverride> overrides; ///< in the file's order: the first that matches wins
};

/// A config, or every error ("agent.ini:12: [queue] sync = maybe: accepted are full, normal").
struct LoadedConfig {
    Config config;
    std::vector<std::string> errors;
    [[nodiscard]] bool good() const { return errors.empty(); }
};

/// Reads and checks the INI file and the secrets that it names (password, token, signing secrets,
/// header files, TLS files). `credentials_directory`: $CREDENTIALS_DIRECTORY, empty when there is
/// none. With `secrets` false only the INI itself is judged (for the command line's calls to a
/// running agent, which may run as somebody who cannot read them).
LoadedConfig load_config(const std::string& path, const std::string& credentials_directory,
                         bool secrets = true);

/// $CREDENTIALS_DIRECTORY, where systemd puts what LoadCredential= names; empty when there is none.
std::string credentials_directory();

/// --config, else $FFL_AGENT_CONFIG, else /etc/ffl-agent/agent.ini.
std::string config_path(const std::string& option);

/// What the INI says for a webhook of that name.
DeliverySettings settings_for(const Config& config, std::string_view webhook_name);

/// Whether the device serves a server's webhook of that name (webhooks.include, exclude).
bool included(const Config& config, std::string_view webhook_name);

/// Every key with its default as it stands in conf/agent.ini; a test compares the two.
struct KeyDefault {
    std::string section, key, value;
};
std::vector<KeyDefault> config_defaults();

} // namespace agent

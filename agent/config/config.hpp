// Config: the settings of the INI file (contract section 3) as typed values with their defaults.
// Pure.
//
// agent/config reads the INI file and the files that it names into values: config holds the values,
// config_keys the table of all keys, config_file the loader. It uses agent/webhooks and the pure
// folders of common.
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

/// A [webhook GLOB] section. What is set overrides [delivery].
struct WebhookOverride {
    std::string glob;
    std::string section; ///< as written: "webhook door*"
    std::optional<common::Millis> max_age, cooldown, timeout;
    std::optional<CooldownKey> cooldown_key;
    std::optional<BodyShape> body;
    std::optional<common::Headers> headers;
    std::optional<std::vector<std::string>> signing_keys;
    std::optional<std::string> ca_file, client_cert_file, client_key_file;
};

struct Config {
    std::string path;               ///< of the INI file
    std::vector<std::string> files; ///< the INI file and those of its settings that were read
    std::string stamp;              ///< stamp_of(files) when they were read

    struct Server {
        std::optional<common::Url> url; ///< no value: standalone
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
        std::string token; ///< read from the file; empty: none needed
        std::string tls_cert_file;
        std::string tls_key_file;
        std::uint64_t max_body = 4ULL << 20;
        std::uint64_t max_connections = 256;
        std::uint64_t event_list = 200; ///< events remembered for people; 0: none
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
    std::vector<std::string> warnings;      ///< what is accepted and may not be meant

    /// A newer state of the files that was refused on SIGHUP: they are not what runs.
    struct Refused {
        common::WallTime at; ///< the first time
        std::vector<std::string> errors;
    };
    std::optional<Refused> refused;
    std::vector<std::string> awaiting_restart; ///< settings of the files that only a restart takes

    /// Whether the files on disk are not what runs.
    [[nodiscard]] bool is_stale() const { return refused || !awaiting_restart.empty(); }
};

/// The settings for a webhook of that name.
DeliverySettings settings_for(const Config& config, std::string_view webhook_name);

/// Whether this device serves a server's webhook of that name (webhooks.include, exclude).
bool included(const Config& config, std::string_view webhook_name);

} // namespace agent

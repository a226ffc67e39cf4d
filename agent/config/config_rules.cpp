#include "agent/config/config_rules.hpp"

#include "agent/config/listen_address.hpp"
#include "agent/config/secrets.hpp"
#include "common/text/values.hpp"

#include <algorithm>
#include <filesystem>
#include <string>

namespace agent {

namespace {

/// One of two keys that are set together or not at all.
struct Half {
    std::string key;
    bool is_set = false;
};

class Rules {
  public:
    Rules(Config& config, ConfigFindings& findings, const ConfigPlace& place)
        : config_{config}, findings_{findings}, place_{place} {}

    void check_server(const std::string& credentials_directory) {
        auto& server = config_.server;
        if (!findings_.is_valid("server", "url")) {
            return;
        }
        if (!server.url) {
            if (config_.webhooks.file.empty() && findings_.is_valid("webhooks", "file")) {
                findings_.complain(
                    "server", "url",
                    " is not set: expected the URL of the FindFace Lite server, or [webhooks] "
                    "file on a device without a server");
            }
            return;
        }
        if (server.username.empty() && findings_.is_valid("server", "username")) {
            findings_.complain("server", "username", " is not set: expected the login for url");
        }
        if (!place_.secrets || !server.password_file.empty() ||
            !findings_.is_valid("server", "password_file")) {
            return;
        }
        if (credentials_directory.empty()) {
            findings_.complain("server", "password_file",
                               " is not set: expected a file with the password for url, or a "
                               "systemd credential named password");
            return;
        }
        read_credential(credentials_directory);
    }

    void check_ingest() {
        const auto& ingest = config_.ingest;
        if (findings_.is_valid("ingest", "listen")) {
            if (ingest.listen.empty() && ingest.socket.empty() &&
                findings_.is_valid("ingest", "socket")) {
                findings_.complain("ingest", "listen",
                                   " and socket are both empty: expected at least one of them, for "
                                   "events to arrive");
            }
            if (!ingest.listen.empty() && !listens_on_loopback(ingest.listen) &&
                ingest.token_file.empty() && findings_.is_valid("ingest", "token_file")) {
                findings_.complain(
                    "ingest", "listen",
                    " = " + ingest.listen +
                        ": expected token_file to be set, because other hosts can reach this "
                        "address; without a token listen on 127.0.0.1 or [::1]");
            }
        }
        // The database is there first, and the socket would find a file in its place.
        const auto& queue = config_.queue.path;
        const auto& socket = ingest.socket;
        if (!queue.empty() && (socket == queue || socket.starts_with(queue + "-"))) {
            findings_.complain("ingest", "socket",
                               " = " + socket +
                                   ": expected another path than the files of [queue] "
                                   "path");
        }
        check_pair("ingest", {"tls_cert_file", !ingest.tls_cert_file.empty()},
                   {"tls_key_file", !ingest.tls_key_file.empty()});
    }

    /// Valid, and not what anybody means.
    void warn_of_combinations() {
        const auto& delivery = config_.delivery;
        const auto valid = [&](const char* section, const char* one, const char* other) {
            return findings_.is_valid(section, one) && findings_.is_valid(section, other);
        };
        if (delivery.retry.initial > delivery.retry.max &&
            valid("delivery", "retry_initial", "retry_max")) {
            findings_.warn(
                "delivery", "retry_initial",
                common::show_duration(delivery.retry.initial) + " is above retry_max = " +
                    common::show_duration(delivery.retry.max) + ", which no wait exceeds");
        }
        if (delivery.connections_per_target > delivery.connections &&
            valid("delivery", "connections_per_target", "connections")) {
            findings_.warn("delivery", "connections_per_target",
                           std::to_string(delivery.connections_per_target) +
                               " is above connections = " + std::to_string(delivery.connections) +
                               ", which all targets share");
        }
        const auto& webhooks = config_.webhooks;
        if (!config_.server.url) {
            return; // the globs are about the server's definitions
        }
        if (webhooks.include.empty() && findings_.is_valid("webhooks", "include")) {
            findings_.warn("webhooks", "include",
                           "is empty: none of the server's webhooks is served");
        }
        if (std::ranges::find(webhooks.exclude, "*") != webhooks.exclude.end()) {
            findings_.warn("webhooks", "exclude",
                           "contains *: none of the server's webhooks is served");
        }
    }

    void check_delivery() {
        const auto& tls = config_.delivery.defaults.tls;
        check_pair("delivery", {"client_cert_file", !tls.client_cert_file.empty()},
                   {"client_key_file", !tls.client_key_file.empty()});
    }

    void check_override(const WebhookOverride& section) {
        const auto& name = section.section;
        if (section.cooldown_key && !section.cooldown && findings_.is_valid(name, "cooldown")) {
            findings_.complain(name, "cooldown_key",
                               " is set without cooldown: expected both, such as cooldown = 30s");
        }
        // An empty value overrides [delivery] with "none", so it too must be set for both.
        const auto& cert = section.client_cert_file;
        const auto& key = section.client_key_file;
        check_pair(name, {"client_cert_file", cert.has_value()},
                   {"client_key_file", key.has_value()});
        if (cert && key) {
            check_pair(name, {"client_cert_file", !cert->empty()},
                       {"client_key_file", !key->empty()});
        }
    }

  private:
    void read_credential(const std::string& folder) {
        auto& server = config_.server;
        server.password_file = (std::filesystem::path{folder} / "password").string();
        Warnings warnings;
        auto password = read_password(server.password_file, warnings);
        for (const auto& warning : warnings) {
            findings_.warn("server", "password_file", warning);
        }
        if (password) {
            server.password = std::move(*password);
            return;
        }
        // systemd's copy: nobody can mend it there.
        const bool copied = folder.starts_with("/run/credentials/");
        findings_.complain_of_file(
            "server", "password_file",
            " is not set, and the systemd credential cannot be used: " + password.error().message +
                (copied ? "; the unit takes it from /etc/ffl-agent/password" : ""),
            copied ? "/etc/ffl-agent/password" : server.password_file, password.error().fault);
    }

    /// A certificate and its key are set together.
    void check_pair(const std::string& section, const Half& one, const Half& other) {
        if (one.is_set != other.is_set) {
            const auto& set = one.is_set ? one.key : other.key;
            const auto& missing = one.is_set ? other.key : one.key;
            if (findings_.is_valid(section, missing)) {
                findings_.complain(section, set, " is set without " + missing + ": expected both");
            }
        }
    }

    Config& config_;
    ConfigFindings& findings_;
    const ConfigPlace& place_;
};

} // namespace

void check_rules(Config& config, ConfigFindings& findings, const ConfigPlace& place,
                 const std::string& credentials_directory) {
    Rules rules{config, findings, place};
    rules.check_server(credentials_directory);
    rules.check_ingest();
    rules.check_delivery();
    rules.warn_of_combinations();
    for (const auto& section : config.overrides) {
        rules.check_override(section);
    }
}

} // namespace agent

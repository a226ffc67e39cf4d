#include "agent/config/config_keys.hpp"

#include "agent/config/key_values.hpp"
#include "agent/config/listen_address.hpp"
#include "agent/config/named_path.hpp"
#include "agent/config/secrets.hpp"
#include "common/text/values.hpp"

#include <utility>

namespace agent {

namespace {

using common::fail;
using common::Millis;
using common::Result;
using common::TlsFiles;
using key_values::both;
using key_values::choice;
using key_values::count;
using key_values::duration;
using key_values::expected;
using key_values::field;
using key_values::file;
using key_values::file_read_by;
using key_values::list;
using key_values::path;
using key_values::size;
using key_values::text;

constexpr Millis none{0};
constexpr Millis some{1};

Result<void> set_url(Config& config, const std::string& value, const ConfigPlace&) {
    config.server.url.reset();
    if (value.empty()) {
        return {};
    }
    auto url = common::parse_url(value);
    if (!url) {
        return fail(url.error());
    }
    if (!url->user.empty() || !url->password.empty()) {
        return expected("a URL without a login; set username and password_file instead");
    }
    if (url->target.find('?') != std::string::npos) {
        return expected("the server's base URL, without a query");
    }
    config.server.url = std::move(*url);
    return {};
}

Result<void> set_listen(Config& config, const std::string& value, const ConfigPlace&) {
    config.ingest.listen.clear();
    if (value.empty()) {
        return {};
    }
    auto listen = parse_listen(value);
    if (!listen) {
        return fail(listen.error());
    }
    config.ingest.listen = std::move(*listen);
    return {};
}

Result<void> set_deny_targets(Config& config, const std::string& value, const ConfigPlace&) {
    config.delivery.deny_targets.clear();
    for (const auto& part : common::parse_list(value)) {
        const auto network = common::IpRange::parse(part);
        if (!network) {
            return fail(network.error());
        }
        config.delivery.deny_targets.push_back(*network);
    }
    return {};
}

Result<void> set_queue_path(Config& config, const std::string& value, const ConfigPlace& place) {
    return path_of(value, place.folder).and_then([&](const std::string& where) {
        config.queue.path = without_link(where);
        return where.empty() ? expected("the path of the database") : Result<void>{};
    });
}

ValueKind<Config> described(SetValue<Config> set, const char* form) {
    return {std::move(set), form};
}

std::vector<ConfigKey> make_config_keys() {
    using C = Config;
    using S = C::Server;
    using H = C::Webhooks;
    using I = C::Ingest;
    using D = C::DeliverySection;
    using Q = C::Queue;
    using Level = common::log::Level;
    using common::Sync;
    const auto defaults = [](auto... path) { return field(&C::delivery, &D::defaults, path...); };
    return {
        {"server", "url", "", false,
         described(set_url, "an http or https URL without login and query")},
        {"server", "username", "", true, text<C>(field(&C::server, &S::username))},
        {"server", "password_file", "", true,
         both<C>(path<C>(field(&C::server, &S::password_file)),
                 file_read_by<C>(read_password, field(&C::server, &S::password)))},
        {"server", "ca_file", "", true, file<C>(field(&C::server, &S::ca_file))},
        {"server", "sync_interval", "60s", true,
         duration<C>(field(&C::server, &S::sync_interval), some)},
        {"server", "request_timeout", "10s", true,
         duration<C>(field(&C::server, &S::request_timeout), some)},

        {"webhooks", "file", "", true, file<C>(field(&C::webhooks, &H::file))},
        {"webhooks", "include", "*", true, list<C>(field(&C::webhooks, &H::include))},
        {"webhooks", "exclude", "", true, list<C>(field(&C::webhooks, &H::exclude))},

        {"ingest", "listen", "127.0.0.1:8093", true,
         described(set_listen, "an IP address with a port, such as 127.0.0.1:8093 or [::1]:8093")},
        {"ingest", "socket", "/run/ffl-agent/agent.sock", true,
         path<C>(field(&C::ingest, &I::socket))},
        {"ingest", "token_file", "", true,
         both<C>(path<C>(field(&C::ingest, &I::token_file)),
                 file_read_by<C>(read_token_file, field(&C::ingest, &I::token)))},
        {"ingest", "tls_cert_file", "", true, file<C>(field(&C::ingest, &I::tls_cert_file))},
        {"ingest", "tls_key_file", "", true, file<C>(field(&C::ingest, &I::tls_key_file))},
        {"ingest", "max_body", "4MiB", true,
         size<C>(field(&C::ingest, &I::max_body), "1", "256MiB")},
        {"ingest", "max_connections", "256", true,
         count<C>(field(&C::ingest, &I::max_connections), 65'535)},
        {"ingest", "event_list", "200", true,
         count<C>(field(&C::ingest, &I::event_list), 1'000, 0)},

        {"delivery", "body", "object", true,
         choice<C, BodyShape>(defaults(&DeliverySettings::body),
                              {{"object", BodyShape::object}, {"array", BodyShape::array}})},
        {"delivery", "timeout", "10s", true,
         duration<C>(defaults(&DeliverySettings::timeout), some)},
        {"delivery", "connections", "64", true,
         count<C>(field(&C::delivery, &D::connections), 65'535)},
        {"delivery", "connections_per_target", "4", true,
         count<C>(field(&C::delivery, &D::connections_per_target), 65'535)},
        {"delivery", "retry_initial", "1s", true,
         duration<C>(field(&C::delivery, &D::retry, &common::Backoff::initial), some)},
        {"delivery", "retry_max", "100s", true,
         duration<C>(field(&C::delivery, &D::retry, &common::Backoff::max), some)},
        {"delivery", "ca_file", "", true,
         file<C>(defaults(&DeliverySettings::tls, &TlsFiles::ca_file))},
        {"delivery", "client_cert_file", "", true,
         file<C>(defaults(&DeliverySettings::tls, &TlsFiles::client_cert_file))},
        {"delivery", "client_key_file", "", true,
         file<C>(defaults(&DeliverySettings::tls, &TlsFiles::client_key_file))},
        {"delivery", "signing_secret_file", "", false,
         both<C>(path<C>(field(&C::delivery, &D::signing_secret_file)),
                 file_read_by<C>(read_signing_keys, defaults(&DeliverySettings::signing_keys)))},
        {"delivery", "deny_targets",
         "0.0.0.0/8, 169.254.0.0/16, 224.0.0.0/3, ::/128, fe80::/10, ff00::/8", true,
         described(set_deny_targets, "a list of networks, such as 10.0.0.0/8")},

        {"queue", "path", "/var/lib/ffl-agent/agent.db", true,
         described(set_queue_path, "the path of a file")},
        {"queue", "sync", "full", true,
         choice<C, Sync>(field(&C::queue, &Q::sync),
                         {{"full", Sync::full}, {"normal", Sync::normal}})},
        {"queue", "commit_window", "0ms", true,
         duration<C>(field(&C::queue, &Q::commit_window), none, Millis{10'000})},
        {"queue", "max_size", "1GiB", true,
         size<C>(field(&C::queue, &Q::max_size), "1MiB", "1048576GiB")},
        {"queue", "min_free", "64MiB", true,
         size<C>(field(&C::queue, &Q::min_free), "0", "1048576GiB")},
        {"queue", "when_full", "reject", true,
         choice<C, WhenFull>(
             field(&C::queue, &Q::when_full),
             {{"reject", WhenFull::reject}, {"drop_oldest", WhenFull::drop_oldest}})},
        {"queue", "max_age", "0", true,
         both<C>(duration<C>(field(&C::queue, &Q::max_age), none),
                 duration<C>(defaults(&DeliverySettings::max_age), none))},
        {"queue", "keep_dead", "7d", true, duration<C>(field(&C::queue, &Q::keep_dead), none)},

        {"log", "level", "info", true,
         choice<C, Level>(field(&C::log_level), {{"error", Level::error},
                                                 {"warn", Level::warn},
                                                 {"info", Level::info},
                                                 {"debug", Level::debug}})},
    };
}

std::vector<OverrideKey> make_override_keys() {
    using W = WebhookOverride;
    return {
        {"max_age", true, duration<W>(field(&W::max_age), none)},
        {"cooldown", true, duration<W>(field(&W::cooldown), none)},
        {"cooldown_key", true,
         choice<W, CooldownKey>(field(&W::cooldown_key), {{"card", CooldownKey::card},
                                                          {"plate", CooldownKey::plate},
                                                          {"camera", CooldownKey::camera}})},
        {"body", true,
         choice<W, BodyShape>(field(&W::body),
                              {{"object", BodyShape::object}, {"array", BodyShape::array}})},
        {"timeout", true, duration<W>(field(&W::timeout), some)},
        {"headers_file", true,
         file_read_by<W>(
             read_header_lines, [](W & w) -> auto& { return w.headers.emplace(); })},
        {"signing_secret_file", false,
         file_read_by<W>(
             read_signing_keys, [](W & w) -> auto& { return w.signing_keys.emplace(); })},
        {"ca_file", true, file<W>(field(&W::ca_file))},
        {"client_cert_file", true, file<W>(field(&W::client_cert_file))},
        {"client_key_file", true, file<W>(field(&W::client_key_file))},
    };
}

} // namespace

const std::vector<ConfigKey>& config_keys() {
    static const auto keys = make_config_keys();
    return keys;
}

const std::vector<OverrideKey>& override_keys() {
    static const auto keys = make_override_keys();
    return keys;
}

} // namespace agent

#include "agent/config/config_keys.hpp"

#include "common/base/crypto.hpp"
#include "common/net/address.hpp"
#include "test/agent/config/config_fixture.hpp"

#include <algorithm>
#include <functional>

namespace agent {
namespace {

/// A key with a value other than its default, and how to read the value back.
struct KeyRow {
    const char* key; ///< "section.key"
    const char* value;
    std::function<std::string(const Config&)> read;
    std::string stored; ///< "@/" stands for the folder of the INI file
};

std::string text(common::Millis span) {
    return std::to_string(span.count());
}

std::string text(const std::vector<std::string>& list) {
    std::string all;
    for (const auto& one : list) {
        all += "<" + one + ">";
    }
    return all;
}

std::string text(std::uint64_t number) {
    return std::to_string(number);
}

std::string targets(const Config& config) {
    std::string found;
    for (const auto* address : {"0.0.0.1", "10.0.0.1", "::1", "fe80::1"}) {
        const auto bytes = common::parse_address(address).value();
        for (const auto& range : config.delivery.deny_targets) {
            found += range.contains(bytes) ? address + std::string{" "} : "";
        }
    }
    return found;
}

const std::string new_key(24, 'n');
const std::string old_key(64, 'o');

const std::vector<KeyRow>& key_rows() {
    using C = const Config&;
    static const std::vector<KeyRow> rows{
        {"server.url", "https://ffl.example:8443/prefix/",
         [](C c) { return c.server.url ? c.server.url->shown() : ""; },
         "https://ffl.example:8443/prefix/"},
        {"server.username", "agent", [](C c) { return c.server.username; }, "agent"},
        {"server.password_file", "password.txt",
         [](C c) { return c.server.password_file + "|" + c.server.password; },
         "@/password.txt|pa ss"},
        {"server.ca_file", "some.pem", [](C c) { return c.server.ca_file; }, "@/some.pem"},
        {"server.sync_interval", "5m", [](C c) { return text(c.server.sync_interval); }, "300000"},
        {"server.request_timeout", "1500ms", [](C c) { return text(c.server.request_timeout); },
         "1500"},
        {"webhooks.file", "hooks.json", [](C c) { return c.webhooks.file; }, "@/hooks.json"},
        {"webhooks.include", "door*, gate", [](C c) { return text(c.webhooks.include); },
         "<door*><gate>"},
        {"webhooks.exclude", "*test*", [](C c) { return text(c.webhooks.exclude); }, "<*test*>"},
        {"ingest.listen", "[::]:0", [](C c) { return c.ingest.listen; }, "[::]:0"},
        {"ingest.socket", "run/a.sock", [](C c) { return c.ingest.socket; }, "@/run/a.sock"},
        {"ingest.token_file", "token.txt",
         [](C c) { return c.ingest.token_file + "|" + c.ingest.token; }, "@/token.txt|abc.DEF-123"},
        {"ingest.tls_cert_file", "some.pem", [](C c) { return c.ingest.tls_cert_file; },
         "@/some.pem"},
        {"ingest.tls_key_file", "./some.pem", [](C c) { return c.ingest.tls_key_file; },
         "@/some.pem"},
        {"ingest.max_body", "16KiB", [](C c) { return text(c.ingest.max_body); }, "16384"},
        {"ingest.max_connections", "7", [](C c) { return text(c.ingest.max_connections); }, "7"},
        {"ingest.event_list", "0", [](C c) { return text(c.ingest.event_list); }, "0"},
        {"delivery.body", "array",
         [](C c) {
             return std::string{c.delivery.defaults.body == BodyShape::array ? "array" : "object"};
         },
         "array"},
        {"delivery.timeout", "2s", [](C c) { return text(c.delivery.defaults.timeout); }, "2000"},
        {"delivery.connections", "8", [](C c) { return text(c.delivery.connections); }, "8"},
        {"delivery.connections_per_target", "2",
         [](C c) { return text(c.delivery.connections_per_target); }, "2"},
        {"delivery.retry_initial", "10ms", [](C c) { return text(c.delivery.retry.initial); },
         "10"},
        {"delivery.retry_max", "20ms", [](C c) { return text(c.delivery.retry.max); }, "20"},
        {"delivery.ca_file", "ca.pem", [](C c) { return c.delivery.defaults.tls.ca_file; },
         "@/ca.pem"},
        {"delivery.client_cert_file", "cert.pem",
         [](C c) { return c.delivery.defaults.tls.client_cert_file; }, "@/cert.pem"},
        {"delivery.client_key_file", "key.pem",
         [](C c) { return c.delivery.defaults.tls.client_key_file; }, "@/key.pem"},
        {"delivery.signing_secret_file", "secrets.txt",
         [](C c) {
             return c.delivery.signing_secret_file + "|" + text(c.delivery.defaults.signing_keys);
         },
         "@/secrets.txt|<" + new_key + "><" + old_key + ">"},
        {"delivery.deny_targets", "10.0.0.0/8, ::1", targets, "10.0.0.1 ::1 "},
        {"queue.path", "run/../q.db", [](C c) { return c.queue.path; }, "@/q.db"},
        {"queue.sync", "normal",
         [](C c) { return std::string{c.queue.sync == common::Sync::normal ? "normal" : "full"}; },
         "normal"},
        {"queue.commit_window", "5ms", [](C c) { return text(c.queue.commit_window); }, "5"},
        {"queue.max_size", "2MiB", [](C c) { return text(c.queue.max_size); }, "2097152"},
        {"queue.min_free", "0", [](C c) { return text(c.queue.min_free); }, "0"},
        {"queue.when_full", "drop_oldest",
         [](C c) {
             return std::string{c.queue.when_full == WhenFull::drop_oldest ? "drop" : "reject"};
         },
         "drop"},
        {"queue.max_age", "1h",
         [](C c) { return text(c.queue.max_age) + "|" + text(c.delivery.defaults.max_age); },
         "3600000|3600000"},
        {"queue.keep_dead", "0", [](C c) { return text(c.queue.keep_dead); }, "0"},
        {"log.level", "debug", [](C c) { return std::to_string(static_cast<int>(c.log_level)); },
         std::to_string(static_cast<int>(common::log::Level::debug))},
    };
    return rows;
}

class ConfigKeys : public ConfigFile {
  protected:
    void SetUp() override {
        ConfigFile::SetUp();
        write("token.txt", "abc.DEF-123\n");
        write("secrets.txt", "whsec_" + common::base64(new_key) + "\n\n  whsec_" +
                                 common::base64(old_key) + "\r\n");
        write("headers.txt", "X-Key: 1\n");
        for (const auto* name : {"ca.pem", "cert.pem", "key.pem"}) {
            write(name, "not read");
        }
    }
    /// `stored` of a row, with the folder put in.
    [[nodiscard]] std::string expand(std::string stored) const {
        for (auto at = stored.find("@/"); at != std::string::npos; at = stored.find("@/")) {
            stored.replace(at, 2, prefix());
        }
        return stored;
    }
};

TEST_F(ConfigKeys, AreAllStored) {
    std::string ini;
    std::string section;
    for (const auto& key : config_defaults()) {
        const auto name = key.section + "." + key.key;
        const auto row = std::ranges::find(key_rows(), name, &KeyRow::key);
        ASSERT_NE(row, key_rows().end()) << name << " has no row in this test";
        if (key.section != section) {
            section = key.section;
            ini += "[" + section + "]\n";
        }
        ini += key.key + " = " + row->value + "\n";
    }
    EXPECT_EQ(key_rows().size(), config_defaults().size());
    const auto loaded = load(ini);
    ASSERT_EQ(loaded.errors, Lines{});
    const auto defaults = load(standalone).config;
    for (const auto& row : key_rows()) {
        const auto stored = row.read(loaded.config);
        EXPECT_EQ(stored, expand(row.stored)) << row.key;
        if (std::string_view{row.key} != "webhooks.file") { // standalone sets it, too
            EXPECT_NE(stored, row.read(defaults)) << row.key << " is not changed by its row";
        }
    }
}

TEST_F(ConfigKeys, HaveTheDefaultsOfTheStruct) {
    const auto loaded = load(standalone);
    ASSERT_EQ(loaded.errors, Lines{});
    EXPECT_EQ(loaded.config.path, in_folder("agent.ini"));
    EXPECT_EQ(loaded.config.webhooks.file, in_folder("hooks.json"));
    EXPECT_TRUE(loaded.config.overrides.empty());
    EXPECT_EQ(loaded.config.delivery.deny_targets.size(), 6U);
    Config expected;
    expected.webhooks.file = loaded.config.webhooks.file;
    expected.delivery.deny_targets = loaded.config.delivery.deny_targets; // empty in the struct
    for (const auto& row : key_rows()) {
        EXPECT_EQ(row.read(loaded.config), row.read(expected)) << row.key;
    }
    EXPECT_EQ(settings_for(loaded.config, "any").cooldown, common::Millis{0});
    EXPECT_EQ(settings_for(loaded.config, "any").cooldown_key, CooldownKey::webhook);
    EXPECT_EQ(settings_for(loaded.config, "any").headers, common::Headers{});
}

/// A key of [webhook GLOB] with a value other than the default, and how to read it back.
struct OverrideRow {
    const char* key;
    const char* value;
    std::function<std::string(const DeliverySettings&)> read;
    std::string stored;
};

TEST_F(ConfigKeys, OfOverridesAreAllApplied) {
    using S = const DeliverySettings&;
    const std::vector<OverrideRow> rows{
        {"max_age", "30s", [](S s) { return text(s.max_age); }, "30000"},
        {"cooldown", "10s", [](S s) { return text(s.cooldown); }, "10000"},
        {"cooldown_key", "card",
         [](S s) { return std::string{s.cooldown_key == CooldownKey::card ? "card" : ""}; },
         "card"},
        {"body", "array",
         [](S s) { return std::string{s.body == BodyShape::array ? "array" : ""}; }, "array"},
        {"timeout", "3s", [](S s) { return text(s.timeout); }, "3000"},
        {"headers_file", "headers.txt",
         [](S s) { return s.headers.empty() ? "" : s.headers[0].name + s.headers[0].value; },
         "X-Key1"},
        {"signing_secret_file", "secrets.txt", [](S s) { return text(s.signing_keys); },
         "<" + new_key + "><" + old_key + ">"},
        {"ca_file", "ca.pem", [](S s) { return s.tls.ca_file; }, "@/ca.pem"},
        {"client_cert_file", "cert.pem", [](S s) { return s.tls.client_cert_file; }, "@/cert.pem"},
        {"client_key_file", "key.pem", [](S s) { return s.tls.client_key_file; }, "@/key.pem"},
    };
    std::string ini = std::string{standalone} + "[webhook door]\n";
    for (const auto& key : override_keys()) {
        const auto row = std::ranges::find(rows, key.key, &OverrideRow::key);
        ASSERT_NE(row, rows.end()) << key.key << " has no row in this test";
        ini += std::string{key.key} + " = " + row->value + "\n";
    }
    EXPECT_EQ(rows.size(), override_keys().size());
    const auto loaded = load(ini);
    ASSERT_EQ(loaded.errors, Lines{});
    const auto settings = settings_for(loaded.config, "door");
    const auto other = settings_for(loaded.config, "gate");
    for (const auto& row : rows) {
        EXPECT_EQ(row.read(settings), expand(row.stored)) << row.key;
        EXPECT_NE(row.read(other), expand(row.stored)) << row.key;
    }
}

} // namespace
} // namespace agent

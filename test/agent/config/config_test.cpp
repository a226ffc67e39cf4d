#include "common/base/crypto.hpp"
#include "test/agent/config/config_fixture.hpp"

#include <cstdlib>

namespace agent {
namespace {

using namespace std::chrono_literals;

TEST_F(ConfigFiles, SmallestStandaloneIsGoodAndHasAllDefaults) {
    const auto loaded = load(standalone);
    ASSERT_EQ(loaded.errors, Lines{});
    const auto& c = loaded.config;
    const Config d;
    EXPECT_EQ(c.path, in_folder("agent.ini"));
    EXPECT_EQ(c.webhooks.file, in_folder("hooks.json"));
    EXPECT_FALSE(c.server.url);
    EXPECT_EQ(c.server.username, d.server.username);
    EXPECT_EQ(c.server.password_file, d.server.password_file);
    EXPECT_EQ(c.server.password, d.server.password);
    EXPECT_EQ(c.server.ca_file, d.server.ca_file);
    EXPECT_EQ(c.server.sync_interval, d.server.sync_interval);
    EXPECT_EQ(c.server.request_timeout, d.server.request_timeout);
    EXPECT_EQ(c.webhooks.include, d.webhooks.include);
    EXPECT_EQ(c.webhooks.exclude, d.webhooks.exclude);
    EXPECT_EQ(c.ingest.listen, d.ingest.listen);
    EXPECT_EQ(c.ingest.socket, d.ingest.socket);
    EXPECT_EQ(c.ingest.token_file, d.ingest.token_file);
    EXPECT_EQ(c.ingest.token, d.ingest.token);
    EXPECT_EQ(c.ingest.tls_cert_file, d.ingest.tls_cert_file);
    EXPECT_EQ(c.ingest.tls_key_file, d.ingest.tls_key_file);
    EXPECT_EQ(c.ingest.max_body, d.ingest.max_body);
    EXPECT_EQ(c.ingest.max_connections, d.ingest.max_connections);
    EXPECT_EQ(c.delivery.defaults.body, d.delivery.defaults.body);
    EXPECT_EQ(c.delivery.defaults.timeout, d.delivery.defaults.timeout);
    EXPECT_EQ(c.delivery.defaults.max_age, d.delivery.defaults.max_age);
    EXPECT_EQ(c.delivery.defaults.cooldown, d.delivery.defaults.cooldown);
    EXPECT_EQ(c.delivery.defaults.cooldown_key, d.delivery.defaults.cooldown_key);
    EXPECT_EQ(c.delivery.defaults.headers, d.delivery.defaults.headers);
    EXPECT_EQ(c.delivery.defaults.signing_keys, d.delivery.defaults.signing_keys);
    EXPECT_EQ(c.delivery.defaults.tls, d.delivery.defaults.tls);
    EXPECT_EQ(c.delivery.connections, d.delivery.connections);
    EXPECT_EQ(c.delivery.connections_per_target, d.delivery.connections_per_target);
    EXPECT_EQ(c.delivery.retry.initial, d.delivery.retry.initial);
    EXPECT_EQ(c.delivery.retry.max, d.delivery.retry.max);
    EXPECT_EQ(c.delivery.signing_secret_file, d.delivery.signing_secret_file);
    EXPECT_EQ(c.delivery.deny_targets.size(), 6U);
    EXPECT_EQ(c.queue.path, d.queue.path);
    EXPECT_EQ(c.queue.sync, d.queue.sync);
    EXPECT_EQ(c.queue.commit_window, d.queue.commit_window);
    EXPECT_EQ(c.queue.max_size, d.queue.max_size);
    EXPECT_EQ(c.queue.min_free, d.queue.min_free);
    EXPECT_EQ(c.queue.when_full, d.queue.when_full);
    EXPECT_EQ(c.queue.max_age, d.queue.max_age);
    EXPECT_EQ(c.queue.keep_dead, d.queue.keep_dead);
    EXPECT_EQ(c.log_level, d.log_level);
    EXPECT_TRUE(c.overrides.empty());
}

TEST_F(ConfigFiles, EveryKeyIsTaken) {
    write("token.txt", "abc.DEF-123\n");
    write("secrets.txt", "whsec_" + common::base64(std::string(24, 'n')) + "\n\n  whsec_" +
                             common::base64(std::string(64, 'o')) + "\r\n");
    const auto loaded =
        load("[server]\nurl = https://ffl.example:8443/prefix/\nusername = agent\npassword_file = "
             "password.txt\n"
             "ca_file = some.pem\nsync_interval = 5m\nrequest_timeout = 1500ms\n"
             "[webhooks]\nfile = hooks.json\ninclude = door*, gate\nexclude = *test*\n"
             "[ingest]\nlisten = [::]:0\nsocket = run/a.sock\ntoken_file = "
             "token.txt\ntls_cert_file = some.pem\n"
             "tls_key_file = ./some.pem\nmax_body = 16KiB\nmax_connections = 7\n"
             "[delivery]\nbody = array\ntimeout = 2s\nconnections = 8\nconnections_per_target = "
             "2\nretry_initial = 10ms\n"
             "retry_max = 10ms\nca_file = some.pem\nclient_cert_file = some.pem\nclient_key_file = "
             "some.pem\n"
             "signing_secret_file = secrets.txt\ndeny_targets = 10.0.0.0/8, ::1\n"
             "[queue]\npath = ../q.db\nsync = normal\ncommit_window = 5ms\nmax_size = "
             "2MiB\nmin_free = 0\n"
             "when_full = drop_oldest\nmax_age = 1h\nkeep_dead = 0\n"
             "[log]\nlevel = debug\n");
    ASSERT_EQ(loaded.errors, Lines{});
    const auto& c = loaded.config;
    ASSERT_TRUE(c.server.url);
    EXPECT_EQ(c.server.url->shown(), "https://ffl.example:8443/prefix/");
    EXPECT_EQ(c.server.username, "agent");
    EXPECT_EQ(c.server.password_file, in_folder("password.txt"));
    EXPECT_EQ(c.server.password, "pa ss");
    EXPECT_EQ(c.server.ca_file, in_folder("some.pem"));
    EXPECT_EQ(c.server.sync_interval, 5min);
    EXPECT_EQ(c.server.request_timeout, 1500ms);
    EXPECT_EQ(c.webhooks.include, (Lines{"door*", "gate"}));
    EXPECT_EQ(c.webhooks.exclude, (Lines{"*test*"}));
    EXPECT_EQ(c.ingest.listen, "[::]:0");
    EXPECT_EQ(c.ingest.socket, in_folder("run/a.sock"));
    EXPECT_EQ(c.ingest.token_file, in_folder("token.txt"));
    EXPECT_EQ(c.ingest.token, "abc.DEF-123");
    EXPECT_EQ(c.ingest.tls_cert_file, in_folder("some.pem"));
    EXPECT_EQ(c.ingest.tls_key_file, in_folder("some.pem"));
    EXPECT_EQ(c.ingest.max_body, 16U * 1024);
    EXPECT_EQ(c.ingest.max_connections, 7U);
    EXPECT_EQ(c.delivery.defaults.body, BodyShape::array);
    EXPECT_EQ(c.delivery.defaults.timeout, 2s);
    EXPECT_EQ(c.delivery.defaults.max_age, 1h);
    EXPECT_EQ(c.delivery.defaults.signing_keys,
              (Lines{std::string(24, 'n'), std::string(64, 'o')}));
    EXPECT_EQ(
        c.delivery.defaults.tls,
        (common::TlsFiles{in_folder("some.pem"), in_folder("some.pem"), in_folder("some.pem")}));
    EXPECT_EQ(c.delivery.connections, 8U);
    EXPECT_EQ(c.delivery.connections_per_target, 2U);
    EXPECT_EQ(c.delivery.retry.initial, 10ms);
    EXPECT_EQ(c.delivery.retry.max, 10ms);
    EXPECT_EQ(c.delivery.signing_secret_file, in_folder("secrets.txt"));
    EXPECT_EQ(c.delivery.deny_targets,
              (std::vector{*common::IpRange::parse("10.0.0.0/8"), *common::IpRange::parse("::1")}));
    EXPECT_EQ(c.queue.path, (folder_.parent_path() / "q.db").string());
    EXPECT_EQ(c.queue.sync, common::Sync::normal);
    EXPECT_EQ(c.queue.commit_window, 5ms);
    EXPECT_EQ(c.queue.max_size, 2U << 20);
    EXPECT_EQ(c.queue.min_free, 0U);
    EXPECT_EQ(c.queue.when_full, WhenFull::drop_oldest);
    EXPECT_EQ(c.queue.max_age, 1h);
    EXPECT_EQ(c.queue.keep_dead, 0ms);
    EXPECT_EQ(c.log_level, common::log::Level::debug);
}

TEST_F(ConfigFiles, EveryBadValueIsNamedInOneGo) {
    const auto found =
        errors("key = 1\n"
               "[webhooks]\nfile = hooks.json\n"
               "[nonsense]\nkey = 1\n"
               "[queue]\nsync = maybe\nsynch = full\nmax_size = 1KB\nmax_size = 2MiB\n"
               "[log\nlevel = loud\n");
    EXPECT_EQ(found, (Lines{
                         "agent.ini:1: key \"key\" is outside any section: expected [section] "
                         "before it",
                         "agent.ini:4: [nonsense] is no section; accepted are delivery, ingest, "
                         "log, queue, server, webhooks, webhook GLOB",
                         "agent.ini:7: [queue] sync = maybe: accepted are full, normal",
                         "agent.ini:8: [queue] synch is no key of this section; accepted are "
                         "commit_window, keep_dead, max_age, max_size, "
                         "min_free, path, sync, when_full",
                         "agent.ini:9: [queue] max_size = 1KB: expected a whole number of "
                         "bytes or one with a unit (KiB, MiB, GiB), such as 512KiB or 1GiB",
                         "agent.ini:10: [queue] max_size is already set in line 9: expected "
                         "each key once",
                         "agent.ini:11: \"[log\" is not a section header: expected [section]",
                     }));
}

struct BadValue {
    const char* setting;
    const char* error; ///< what must stand in it, behind "agent.ini:4: "
};

class BadValues : public ConfigFiles, public testing::WithParamInterface<BadValue> {};

TEST_P(BadValues, IsOneErrorWithItsPlace) {
    const std::string setting = GetParam().setting;
    const auto newline = setting.find('\n');
    const bool is_webhooks = setting.starts_with("[webhooks]");
    const auto found = errors(is_webhooks ? "# \n\n" + setting : standalone + setting);
    ASSERT_EQ(found.size(), 1U) << (found.empty() ? "accepted" : found[0] + "\n" + found.back());
    ASSERT_NE(newline, std::string::npos);
    EXPECT_EQ(found[0], std::string{"agent.ini:4: "} + GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadValues,
    testing::Values(
        BadValue{"[server]\nurl = ftp://ffl",
                 "[server] url: URL scheme = ftp: expected http or https"},
        BadValue{"[server]\nurl = http://root:geheim@ffl",
                 "[server] url: must not hold a login; give username and password_file"},
        BadValue{"[server]\nurl = http://ffl/?a=1",
                 "[server] url: must be the server's base URL, without a query"},
        BadValue{
            "[server]\npassword_file = gone.txt",
            "[server] password_file = gone.txt: cannot open gone.txt: No such file or directory"},
        BadValue{"[server]\nca_file = gone.pem",
                 "[server] ca_file = gone.pem: cannot open gone.pem: No such file or directory"},
        BadValue{"[server]\nca_file = .", "[server] ca_file = .:  is a folder, not a file"},
        BadValue{"[server]\nusername = \xff", "[server] username: the file must be UTF-8"},
        BadValue{"[server]\nsync_interval = 0", "[server] sync_interval = 0: must be at least 1ms"},
        BadValue{"[server]\npassword = geheim",
                 "[server] password is no key of this section; accepted are ca_file, "
                 "password_file, request_timeout, sync_interval, url, "
                 "username"},
        BadValue{"[webhooks]\nfile = gone.json",
                 "[webhooks] file = gone.json: cannot open gone.json: No such file or directory"},
        BadValue{"[ingest]\nlisten = here", "[ingest] listen = here: expected host:port with a "
                                            "numeric host, such as 127.0.0.1:8093 or "
                                            "[::1]:8093, or nothing for no TCP listener"},
        BadValue{
            "[ingest]\nlisten = 0.0.0.0:8093",
            "[ingest] listen: 0.0.0.0:8093 can be reached from the network and needs token_file; "
            "without one listen on 127.0.0.1 or [::1]"},
        BadValue{
            "[ingest]\nlisten = \nsocket =",
            "[ingest] listen: empty, and socket too; events need at least one of them to come in"},
        BadValue{"[ingest]\ntls_cert_file = some.pem",
                 "[ingest] tls_cert_file: needs tls_key_file too"},
        BadValue{"[delivery]\nclient_key_file = some.pem",
                 "[delivery] client_key_file: needs client_cert_file too"},
        BadValue{"[delivery]\nretry_max = 100", "[delivery] retry_max = 100: expected a whole "
                                                "number with a unit (ms, s, m, h, d), such as "
                                                "250ms, 10s or 7d, or 0"},
        BadValue{"[webhook a]\nconnections = 3",
                 "[webhook a] connections is no key of this section; accepted are body, ca_file, "
                 "client_cert_file, client_key_file, "
                 "cooldown, cooldown_key, headers_file, max_age, signing_secret_file, timeout"},
        BadValue{"[webhook a]\ncooldown_key = card",
                 "[webhook a] cooldown_key: does nothing without cooldown; say for how long, such "
                 "as cooldown = 30s"},
        BadValue{"[webhook a]\nclient_cert_file = some.pem",
                 "[webhook a] client_cert_file: needs client_key_file too"},
        BadValue{"[webhook a]\nclient_cert_file = some.pem\nclient_key_file =",
                 "[webhook a] client_cert_file: needs client_key_file too"},
        BadValue{"[webhook a]\nsigning_secret_file = whsec_AAAA",
                 "[webhook a] signing_secret_file: give the path of a file that holds the secret, "
                 "not the secret itself"},
        BadValue{"[ingest]\nmax_body = 0", "[ingest] max_body = 0: must be from 1 to 256MiB"},
        BadValue{"[ingest]\nmax_connections = 0",
                 "[ingest] max_connections = 0: accepted is a whole number from 1 to 65535"},
        BadValue{"[delivery]\nbody = list", "[delivery] body = list: accepted are object, array"},
        BadValue{"[delivery]\ntimeout = 0s", "[delivery] timeout = 0s: must be at least 1ms"},
        BadValue{"[delivery]\nconnections = 4x",
                 "[delivery] connections = 4x: accepted is a whole number from 1 to 65535"},
        BadValue{"[delivery]\nsigning_secret_file = whsec_AAAA",
                 "[delivery] signing_secret_file: give the path of a file that holds the secret, "
                 "not the secret itself"},
        BadValue{"[delivery]\ndeny_targets = 10.0.0.0/8, intranet",
                 "[delivery] deny_targets = 10.0.0.0/8, intranet: \"intranet\": expected an IP "
                 "range such as 10.0.0.0/8 or fe80::/10, or one address"},
        BadValue{"[queue]\npath =", "[queue] path = : must name the database's file"},
        BadValue{"[queue]\ncommit_window = 11s",
                 "[queue] commit_window = 11s: must be at most 10s"},
        BadValue{"[queue]\nmax_size = 1023KiB",
                 "[queue] max_size = 1023KiB: must be from 1MiB to 1048576GiB"},
        BadValue{"[queue]\nwhen_full = wait",
                 "[queue] when_full = wait: accepted are reject, drop_oldest"},
        BadValue{"[log]\nlevel = trace",
                 "[log] level = trace: accepted are error, warn, info, debug"}));

TEST_F(ConfigFiles, MissingFileIsNamed) {
    const auto loaded = load_config(in_folder("gone.ini"), "");
    EXPECT_EQ(loaded.errors, (Lines{in_folder("gone.ini") + ": cannot open " +
                                    in_folder("gone.ini") + ": No such file or directory"}));
}

TEST_F(ConfigFiles, ServerNeedsALogin) {
    EXPECT_EQ(errors("[server]\nurl = http://ffl\n"),
              (Lines{"agent.ini: [server] username: needed with url",
                     "agent.ini: [server] password_file: needed with url, unless systemd gives a "
                     "credential named password"}));
}

TEST_F(ConfigFiles, WithoutServerOrLocalDefinitionsThereIsNothingToDo) {
    const Lines empty_url{"agent.ini: [server] url: empty; give the FindFace Lite server's URL, or "
                          "for a device without a server "
                          "[webhooks] file"};
    EXPECT_EQ(errors(""), empty_url);
    EXPECT_EQ(errors("[log]\nlevel = warn\n"), empty_url);
}

TEST_F(ConfigFiles, PasswordComesFromTheCredentialWhenNoFileIsNamed) {
    const std::string server = "[server]\nurl = http://ffl\nusername = agent\n";
    write("password", "from systemd\n");
    auto loaded = load(server, true, folder_.string());
    EXPECT_EQ(loaded.errors, Lines{});
    EXPECT_EQ(loaded.config.server.password, "from systemd");
    EXPECT_EQ(loaded.config.server.password_file, in_folder("password"));

    loaded = load(server + "password_file = password.txt\n", true, folder_.string());
    EXPECT_EQ(loaded.config.server.password, "pa ss");

    write("password", "\n");
    EXPECT_EQ(load(server, true, folder_.string()).errors.size(), 1U);
}

TEST_F(ConfigFiles, WithoutSecretsNoFileIsLookedInto) {
    const auto loaded =
        load("[server]\nurl = http://ffl\nusername = agent\nca_file = gone.pem\n"
             "[ingest]\nlisten = 0.0.0.0:1\ntoken_file = gone.txt\n"
             "[delivery]\nsigning_secret_file = gone.txt\n[webhook a]\nheaders_file = gone.txt\n",
             false);
    EXPECT_EQ(loaded.errors, Lines{});
    EXPECT_EQ(loaded.config.ingest.token_file, in_folder("gone.txt"));
    EXPECT_EQ(errors("[queue]\nsync = maybe\n[webhooks]\nfile = x\n", false),
              (Lines{"agent.ini:2: [queue] sync = maybe: accepted are full, normal"}));
}

TEST_F(ConfigFiles, AFaultyUrlDoesNotLookLikeAMissingOne) {
    EXPECT_EQ(errors("[server]\nurl = ffl.example\n").size(), 1U);
}

struct Listen {
    const char* written;
    const char* means; ///< null: refused
};

class ListenAddresses : public ConfigFiles, public testing::WithParamInterface<Listen> {};

TEST_P(ListenAddresses, AreNumeric) {
    write("token.txt", "t");
    const auto loaded =
        load(std::string{standalone} +
             "[ingest]\ntoken_file = token.txt\nlisten = " + GetParam().written + "\n");
    EXPECT_EQ(loaded.good(), GetParam().means != nullptr);
    if (GetParam().means != nullptr) {
        EXPECT_EQ(loaded.config.ingest.listen, GetParam().means);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table, ListenAddresses,
    testing::Values(Listen{"", ""}, Listen{"127.0.0.1:0", "127.0.0.1:0"},
                    Listen{"[::1]:8093", "[::1]:8093"}, Listen{"[::]:8093", "[::]:8093"},
                    Listen{"10.1.2.3:80", "10.1.2.3:80"},
                    Listen{"localhost:8093", "127.0.0.1:8093"}, Listen{":0", "127.0.0.1:0"},
                    Listen{"127.0.0.1", nullptr}, Listen{"127.0.0.1:", nullptr},
                    Listen{"127.0.0.1:65536", nullptr}, Listen{"127.0.0.1:-1", nullptr},
                    Listen{"127.0.0.1:80x", nullptr}, Listen{"::1:8093", nullptr},
                    Listen{"[127.0.0.1]:80", nullptr}, Listen{"[::1:80", nullptr},
                    Listen{"[]:80", nullptr}, Listen{"[::1]", nullptr},
                    Listen{"host.example:80", nullptr}, Listen{"8093", nullptr}));

TEST_F(ConfigFiles, LoopbackNeedsNoToken) {
    for (const char* listen :
         {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "localhost:1"}) {
        EXPECT_EQ(errors(std::string{standalone} + "[ingest]\nlisten = " + listen), Lines{})
            << listen;
    }
    for (const char* listen : {"0.0.0.0:1", "[::]:1", "192.168.1.2:1", "[fd00::1]:1"}) {
        EXPECT_EQ(errors(std::string{standalone} + "[ingest]\nlisten = " + listen).size(), 1U)
            << listen;
    }
}

TEST(ConfigNames, IncludeAndExcludeDecideTogether) {
    Config config;
    EXPECT_TRUE(included(config, "anything"));
    config.webhooks.include = {"door*", "gate"};
    config.webhooks.exclude = {"*test*"};
    EXPECT_TRUE(included(config, "door 1"));
    EXPECT_TRUE(included(config, "gate"));
    EXPECT_FALSE(included(config, "gates"));
    EXPECT_FALSE(included(config, "door test 2"));
    config.webhooks.include = {};
    EXPECT_FALSE(included(config, "gate"));
}

TEST(ConfigPath, OptionThenVariableThenEtc) {
    ::unsetenv("FFL_AGENT_CONFIG");
    EXPECT_EQ(config_path(""), "/etc/ffl-agent/agent.ini");
    ::setenv("FFL_AGENT_CONFIG", "", 1);
    EXPECT_EQ(config_path(""), "/etc/ffl-agent/agent.ini");
    ::setenv("FFL_AGENT_CONFIG", "/from/variable", 1);
    EXPECT_EQ(config_path(""), "/from/variable");
    EXPECT_EQ(config_path("here.ini"), "here.ini");
    ::unsetenv("FFL_AGENT_CONFIG");
}

} // namespace
} // namespace agent

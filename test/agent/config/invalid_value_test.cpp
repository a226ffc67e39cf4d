#include "test/agent/config/config_fixture.hpp"

namespace agent {
namespace {

struct ValueRow {
    const char* setting;
    const char* error; ///< after "agent.ini:4: "
};

class InvalidValue : public ConfigFile, public testing::WithParamInterface<ValueRow> {};

TEST_P(InvalidValue, IsOneErrorWithItsPlace) {
    const std::string setting = GetParam().setting;
    const auto newline = setting.find('\n');
    const bool is_webhooks = setting.starts_with("[webhooks]");
    const auto found = errors(is_webhooks ? "# \n\n" + setting : standalone + setting);
    ASSERT_EQ(found.size(), 1U) << (found.empty() ? "accepted" : found[0] + "\n" + found.back());
    ASSERT_NE(newline, std::string::npos);
    EXPECT_EQ(found[0], std::string{"agent.ini:4: "} + GetParam().error);
}

TEST_F(ConfigFile, ABadValueThatNamesNoFileIsMendedInTheIniItself) {
    for (const auto* setting :
         {"[delivery]\ntimeout = 10", "[queue]\nmax_size = much", "[ingest]\nlisten = here",
          "[delivery]\ndeny_targets = intranet", "[webhook a]\nmax_age = 10",
          "[server]\nurl = https://admin:Geheim1@h:99999/", "[server]\nusername = \xff"}) {
        SCOPED_TRACE(setting);
        const auto loaded = load(standalone + std::string{setting});
        ASSERT_FALSE(loaded.faults.empty());
        EXPECT_EQ(loaded.faults[0].file, in_folder("agent.ini"));
        EXPECT_EQ(loaded.faults[0].fault, common::Fault::config);
        EXPECT_EQ(loaded.faults[0].message.find("Geheim1"), std::string::npos);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table, InvalidValue,
    testing::Values(
        ValueRow{"[server]\nurl = ftp://ffl",
                 "[server] url: URL scheme = ftp: expected http or https"},
        ValueRow{
            "[server]\nurl = http://root:geheim@ffl",
            "[server] url: expected a URL without a login; set username and password_file instead"},
        ValueRow{"[server]\nurl = http://ffl/?a=1",
                 "[server] url: expected the server's base URL, without a query"},
        ValueRow{
            "[server]\npassword_file = gone.txt",
            "[server] password_file = gone.txt: cannot open gone.txt: No such file or directory"},
        ValueRow{"[server]\nca_file = gone.pem",
                 "[server] ca_file = gone.pem: cannot open gone.pem: No such file or directory"},
        ValueRow{"[server]\nca_file = .", "[server] ca_file = .:  is a directory: expected a file"},
        ValueRow{"[server]\nusername = \xff", "[server] username: expected UTF-8"},
        ValueRow{"[server]\nsync_interval = 0",
                 "[server] sync_interval = 0: expected at least 1ms"},
        ValueRow{"[server]\npassword = geheim",
                 "[server] unknown key \"password\": did you mean \"password_file\"? expected one "
                 "of: url, username, password_file, ca_file, sync_interval, request_timeout"},
        ValueRow{"[webhooks]\nfile = gone.json",
                 "[webhooks] file = gone.json: cannot open gone.json: No such file or directory"},
        ValueRow{"[ingest]\nlisten = here",
                 "[ingest] listen = here: expected host:port with a numeric host, such as "
                 "127.0.0.1:8093 or [::1]:8093, or nothing for no TCP listener"},
        ValueRow{"[ingest]\nlisten = 0.0.0.0:8093",
                 "[ingest] listen = 0.0.0.0:8093: expected token_file to be set, because other "
                 "hosts can reach this address; without a token listen on 127.0.0.1 or [::1]"},
        ValueRow{"[ingest]\nlisten = \nsocket =",
                 "[ingest] listen and socket are both empty: expected at least one of them, for "
                 "events to arrive"},
        ValueRow{"[ingest]\ntls_cert_file = some.pem",
                 "[ingest] tls_cert_file is set without tls_key_file: expected both"},
        ValueRow{"[delivery]\nclient_key_file = some.pem",
                 "[delivery] client_key_file is set without client_cert_file: expected both"},
        ValueRow{"[delivery]\nretry_max = 100",
                 "[delivery] retry_max = 100: expected a whole number with a unit (ms, s, m, h, "
                 "d), such as 250ms, 10s or 7d, or 0"},
        ValueRow{"[webhook a]\nconnections = 3",
                 "[webhook a] unknown key \"connections\": expected one of: max_age, cooldown, "
                 "cooldown_key, body, timeout, headers_file, signing_secret_file, ca_file, "
                 "client_cert_file, client_key_file"},
        ValueRow{"[webhook a]\ncooldown_key = card",
                 "[webhook a] cooldown_key is set without cooldown: expected both, such as "
                 "cooldown = 30s"},
        ValueRow{"[webhook a]\nclient_cert_file = some.pem",
                 "[webhook a] client_cert_file is set without client_key_file: expected both"},
        ValueRow{"[webhook a]\nclient_cert_file = some.pem\nclient_key_file =",
                 "[webhook a] client_cert_file is set without client_key_file: expected both"},
        ValueRow{"[webhook a]\nsigning_secret_file = whsec_AAAA",
                 "[webhook a] signing_secret_file: expected the path of a file with the secret, "
                 "not the secret itself"},
        ValueRow{"[ingest]\nmax_body = 0",
                 "[ingest] max_body = 0: expected a size from 1 to 256MiB"},
        ValueRow{"[ingest]\nmax_connections = 0",
                 "[ingest] max_connections = 0: expected a whole number from 1 to 65535"},
        ValueRow{"[ingest]\nevent_list = 1001",
                 "[ingest] event_list = 1001: expected a whole number from 0 to 1000"},
        ValueRow{"[delivery]\nbody = list",
                 "[delivery] body = list: expected one of: object, array"},
        ValueRow{"[delivery]\ntimeout = 0s", "[delivery] timeout = 0s: expected at least 1ms"},
        ValueRow{"[delivery]\nconnections = 4x",
                 "[delivery] connections = 4x: expected a whole number from 1 to 65535"},
        ValueRow{"[delivery]\nsigning_secret_file = whsec_AAAA",
                 "[delivery] signing_secret_file: expected the path of a file with the secret, not "
                 "the secret itself"},
        ValueRow{"[delivery]\ndeny_targets = 10.0.0.0/8, intranet",
                 "[delivery] deny_targets = 10.0.0.0/8, intranet: \"intranet\": expected an "
                 "IP range such as 10.0.0.0/8 or fe80::/10, or one address"},
        ValueRow{"[queue]\npath =", "[queue] path = : expected the path of the database"},
        ValueRow{"[queue]\ncommit_window = 11s",
                 "[queue] commit_window = 11s: expected at most 10s"},
        ValueRow{"[queue]\nmax_size = 1023KiB",
                 "[queue] max_size = 1023KiB: expected a size from 1MiB to 1048576GiB"},
        ValueRow{"[queue]\nwhen_full = wait",
                 "[queue] when_full = wait: expected one of: reject, drop_oldest"},
        ValueRow{"[queue]\npath = ${STATE}/agent.db",
                 "[queue] path = ${STATE}/agent.db: expected the path itself: variables, ~ and % "
                 "are not replaced here"},
        ValueRow{"[queue]\npath = /var/$NAME/agent.db",
                 "[queue] path = /var/$NAME/agent.db: expected the path itself: variables, ~ and % "
                 "are not replaced here"},
        ValueRow{"[ingest]\nsocket = %t/agent.sock",
                 "[ingest] socket = %t/agent.sock: expected the path itself: variables, ~ and % "
                 "are not replaced here"},
        ValueRow{"[ingest]\ntoken_file = ~/token",
                 "[ingest] token_file = ~/token: expected the path itself: variables, ~ and % are "
                 "not replaced here"},
        ValueRow{"[server]\npassword_file = $CREDENTIALS_DIRECTORY/password",
                 "[server] password_file = $CREDENTIALS_DIRECTORY/password: expected the path "
                 "itself: variables, ~ and % are not replaced here"},
        ValueRow{"[webhook a]\nca_file = $HOME/ca.pem",
                 "[webhook a] ca_file = $HOME/ca.pem: expected the path itself: variables, ~ and % "
                 "are not replaced here"},
        ValueRow{"[ingest]\nsocket = /var/lib/ffl-agent/agent.db",
                 "[ingest] socket = /var/lib/ffl-agent/agent.db: expected another path than the "
                 "files of [queue] path"},
        ValueRow{"[ingest]\nsocket = /var/lib/ffl-agent/agent.db-lock",
                 "[ingest] socket = /var/lib/ffl-agent/agent.db-lock: expected another path than "
                 "the files of [queue] path"},
        ValueRow{"[queue]\nsync = \"full\"",
                 "[queue] sync = \"full\": expected one of: full, normal (values are written "
                 "without quotes; here the quotes are part of the value)"},
        ValueRow{
            "[queue]\nsync = full ; safe",
            "[queue] sync = full ; safe: expected one of: full, normal (a comment needs a line "
            "of its own; here \";\" and what follows are part of the value)"},
        ValueRow{"[log]\nlevel = trace",
                 "[log] level = trace: expected one of: error, warn, info, debug"}));

} // namespace
} // namespace agent

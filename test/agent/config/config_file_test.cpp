#include "test/agent/config/config_fixture.hpp"

#include <cstdlib>

namespace agent {
namespace {

TEST_F(ConfigFile, ReportsEveryErrorAtOnce) {
    const auto found =
        errors("key = 1\n"
               "[webhooks]\nfile = hooks.json\n"
               "[nonsense]\nkey = 1\n"
               "[queue]\nsync = maybe\nsynch = full\nmax_size = 1KB\nmax_size = 2MiB\n"
               "[log\nlevel = loud\n");
    EXPECT_EQ(
        found,
        (Lines{
            "agent.ini:1: key \"key\" is outside any section: expected [section] before it",
            "agent.ini:4: unknown section \"nonsense\": expected one of: server, webhooks, ingest, "
            "delivery, queue, log, webhook GLOB",
            "agent.ini:7: [queue] sync = maybe: expected one of: full, normal",
            "agent.ini:8: [queue] unknown key \"synch\": did you mean \"sync\"? expected one of: "
            "path, sync, commit_window, max_size, min_free, when_full, max_age, keep_dead",
            "agent.ini:9: [queue] max_size = 1KB: expected a whole number of bytes or one with "
            "a unit (KiB, MiB, GiB), such as 512KiB or 1GiB",
            "agent.ini:10: [queue] max_size is already set in line 9: expected each key once",
            "agent.ini:11: \"[log\" is not a section header: expected [section]",
        }));
}

TEST_F(ConfigFile, NamesAMissingFile) {
    const auto loaded = load_config(in_folder("gone.ini"), "");
    EXPECT_EQ(loaded.errors, (Lines{in_folder("gone.ini") + ": cannot open " +
                                    in_folder("gone.ini") + ": No such file or directory"}));
    EXPECT_TRUE(loaded.faults.at(0).is_whole());
}

TEST_F(ConfigFile, NeedsALoginForAServer) {
    EXPECT_EQ(errors("[server]\nurl = http://ffl\n"),
              (Lines{"agent.ini: [server] username is not set: expected the login for url",
                     "agent.ini: [server] password_file is not set: expected a file with the "
                     "password for url, or a systemd credential named password"}));
}

TEST_F(ConfigFile, NeedsAServerOrLocalDefinitions) {
    const Lines empty_url{"agent.ini: [server] url is not set: expected the URL of the FindFace "
                          "Lite server, or [webhooks] file on a device without a server"};
    EXPECT_EQ(errors(""), empty_url);
    EXPECT_EQ(errors("[log]\nlevel = warn\n"), empty_url);
}

TEST_F(ConfigFile, ReadsThePasswordFromTheCredentialIfNoFileIsNamed) {
    const std::string server = "[server]\nurl = http://ffl\nusername = agent\n";
    write("password", "from systemd\n");
    auto loaded = load(server, true, folder_.string());
    EXPECT_EQ(loaded.errors, Lines{});
    EXPECT_EQ(loaded.config.server.password, "from systemd");
    EXPECT_EQ(loaded.config.server.password_file, in_folder("password"));

    loaded = load(server + "password_file = password.txt\n", true, folder_.string());
    EXPECT_EQ(loaded.config.server.password, "pa ss");

    write("password", "\n");
    EXPECT_EQ(
        load(server, true, folder_.string()).errors,
        (Lines{in_folder("agent.ini") +
               ": [server] password_file is not set, and the systemd credential cannot be used: " +
               in_folder("password") + ":1: expected a non-empty line"}));
}

TEST_F(ConfigFile, ReadsNoOtherFileWithoutSecrets) {
    const auto loaded =
        load("[server]\nurl = http://ffl\nusername = agent\nca_file = gone.pem\n"
             "[ingest]\nlisten = 0.0.0.0:1\ntoken_file = gone.txt\n"
             "[delivery]\nsigning_secret_file = gone.txt\n[webhook a]\nheaders_file = gone.txt\n",
             false);
    EXPECT_EQ(loaded.errors, Lines{});
    EXPECT_EQ(loaded.config.ingest.token_file, in_folder("gone.txt"));
    EXPECT_EQ(errors("[queue]\nsync = maybe\n[webhooks]\nfile = x\n", false),
              (Lines{"agent.ini:2: [queue] sync = maybe: expected one of: full, normal"}));
}

TEST_F(ConfigFile, ReportsAnInvalidUrlAndNotAMissingOne) {
    const auto found = errors("[server]\nurl = ffl.example\n");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_TRUE(found[0].starts_with("agent.ini:2: [server] url: ")) << found[0];
}

TEST_F(ConfigFile, ReportsOverrideSectionsWithoutAGlobOrWithARepeatedOne) {
    EXPECT_EQ(
        errors(std::string{standalone} +
               "[webhook]\nbody = array\n[webhook a]\n[webhook  a]\nbody = array\n[webhooka]\n"),
        (Lines{
            "agent.ini:3: [webhook] has no name: expected [webhook GLOB], such as [webhook door*]",
            "agent.ini:6: section [webhook a] already begins in line 5: expected its keys there",
            "agent.ini:8: unknown section \"webhooka\": did you mean \"webhooks\"? expected one "
            "of: server, webhooks, ingest, delivery, queue, log, webhook GLOB"}));
}

TEST_F(ConfigFile, OneMistakeIsOneError) {
    const std::string url = "[server]\nurl = http://ffl\n";
    for (const auto& text : {
             std::string{"[server]\nurll = http://ffl\n"},
             std::string{"[sever]\nurl = http://ffl\nusername = a\npassword_file = b\n"},
             std::string{"[webhooks]\nfiel = hooks.json\n"},
             std::string{"[webhook]\n"} + standalone,
             std::string{"[webhooks\nfile = hooks.json\n"},
             std::string{"[webhooks]\nfile hooks.json\n"},
             std::string{"file = hooks.json\n"},
             url + "user = a\npassword_file = password.txt\n",
             url + "username = a\npassword = b\n",
             standalone + std::string{"[ingest]\nlisten = 0.0.0.0:1\ntokenfile = password.txt\n"},
             standalone + std::string{"[ingest]\nlisten =\nsocket = ~/a.sock\n"},
             standalone +
                 std::string{"[ingest]\ntls_cert_file = some.pem\ntls_key_fil = some.pem\n"},
             standalone + std::string{"[webhook a]\ncooldwn = 3s\ncooldown_key = card\n"},
             standalone +
                 std::string{"[webhook a]\nclient_cert_file = some.pem\nclient_key = some.pem\n"},
         }) {
        EXPECT_EQ(errors(text).size(), 1U) << text << testing::PrintToString(errors(text));
    }
    EXPECT_EQ(errors(url + "colour = red\n").size(), 3U)
        << "what is missing all the same is still told";
}

TEST_F(ConfigFile, WarnsOfValuesThatAreTakenAsTheyAre) {
    const struct {
        const char* line;
        const char* says;
    } rows[] = {
        {"[webhooks]\nfile = hooks.json\ninclude = door* ; only doors", "a comment needs a line"},
        {"[webhooks]\nfile = hooks.json\nexclude = test #1", "a comment needs a line"},
        {"[webhooks]\nfile = hooks.json\ninclude = \"door*\"", "without quotes"},
        {"[webhooks]\nfile = hooks.json\ninclude = 'a', 'b'", "without quotes"},
        {"[webhooks]\nfile = hooks.json\n[server]\nusername = \"door\"", "without quotes"},
        {"[webhooks]\nfile = hooks.json\n[webhook \"door\"]\nmax_age = 1s", "without quotes"},
        {"[webhooks]\nfile = hooks.json\n[queue]\npath = a.db ; here", "a comment needs a line"},
    };
    for (const auto& [line, says] : rows) {
        const auto loaded = load(line);
        EXPECT_EQ(loaded.errors, Lines{});
        ASSERT_EQ(loaded.config.warnings.size(), 1U) << line;
        EXPECT_NE(loaded.config.warnings[0].find(says), std::string::npos)
            << loaded.config.warnings[0];
    }
    EXPECT_EQ(load("[webhooks]\nfile = hooks.json\ninclude = a;b, c#d, it's\n[server]\nurl =\n")
                  .config.warnings,
              Lines{});
}

TEST_F(ConfigFile, ResolvesALinkToTheDatabaseOnce) {
    std::filesystem::create_directory(folder_ / "disk");
    const std::string ini = std::string{standalone} + "[queue]\npath = agent.db\n";
    EXPECT_EQ(load(ini).config.queue.path, in_folder("agent.db"));
    std::filesystem::create_symlink("disk/real.db", folder_ / "agent.db");
    EXPECT_EQ(load(ini).config.queue.path, in_folder("disk/real.db")) << "not there yet";
    write("disk/real.db", "");
    EXPECT_EQ(load(ini).config.queue.path, in_folder("disk/real.db"));
    std::filesystem::create_symlink(in_folder("agent.db"), folder_ / "second.db");
    EXPECT_EQ(load(std::string{standalone} + "[queue]\npath = second.db\n").config.queue.path,
              in_folder("disk/real.db"));
}

TEST_F(ConfigFile, KeepsEachLineOfAHeadersFile) {
    write("headers.txt", "X-Key: 1\nX-Other: 2\nx-key: 3\n");
    const auto headers =
        *load(std::string{standalone} + "[webhook a]\nheaders_file = headers.txt\n")
             .config.overrides.at(0)
             .headers;
    EXPECT_EQ(headers, (common::Headers{{"X-Key", "1"}, {"X-Other", "2"}, {"x-key", "3"}}));
}

TEST(ConfigPath, IsTheOptionOrTheVariableOrTheDefault) {
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

TEST_F(ConfigFile, WarnsOfSettingsThatDoNotGoTogether) {
    const std::string server = "[server]\nurl = http://lite/\nusername = a\npassword_file = "
                               "password.txt\n";
    const std::vector<std::pair<std::string, std::string>> table{
        {"[delivery]\nretry_initial = 200s\n", "200s is above retry_max = 100s"},
        {"[delivery]\nretry_max = 500ms\n", "1s is above retry_max = 500ms"},
        {"[delivery]\nconnections_per_target = 100\n", "100 is above connections = 64"},
        {"[webhooks]\ninclude = ,\n", "include: is empty"},
        {"[webhooks]\nexclude = *,,\n", "exclude: contains *"},
        {"[webhooks]\nexclude = a*\n", ""},
        {"[delivery]\nretry_initial = 100s\nconnections_per_target = 64\n", ""},
    };
    for (const auto& [text, says] : table) {
        const auto loaded = load(server + text);
        EXPECT_TRUE(loaded.good()) << text;
        ASSERT_EQ(loaded.config.warnings.size(), says.empty() ? 0U : 1U) << text;
        if (!says.empty()) {
            EXPECT_NE(loaded.config.warnings[0].find(says), std::string::npos)
                << loaded.config.warnings[0];
        }
    }
}

TEST_F(ConfigFile, NamesTheFilesThatItHasRead) {
    const auto loaded = load("[webhooks]\nfile = hooks.json\n[delivery]\nca_file = some.pem\n"
                             "[webhook a]\nca_file =\n");
    EXPECT_EQ(loaded.config.files,
              (Lines{in_folder("agent.ini"), in_folder("hooks.json"), in_folder("some.pem")}));
    EXPECT_EQ(loaded.config.stamp.size(), 16U);
}

} // namespace agent

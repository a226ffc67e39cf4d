#include "common/base/crypto.hpp"
#include "test/agent/config/config_fixture.hpp"

namespace agent {
namespace {

using namespace std::chrono_literals;

struct BadFile {
    const char* setting; ///< section and key; the file is "file.txt"
    std::string content;
    const char* error; ///< behind the key
};

class BadFiles : public ConfigFiles, public testing::WithParamInterface<BadFile> {};

TEST_P(BadFiles, AreNamedWithTheirLineAndWithoutTheSecret) {
    const auto& bad = GetParam();
    write("file.txt", bad.content);
    const auto found = errors(std::string{standalone} + bad.setting + " = file.txt\n");
    ASSERT_EQ(found.size(), 1U);
    EXPECT_TRUE(found[0].starts_with("agent.ini:4: [")) << found[0];
    EXPECT_TRUE(found[0].ends_with(std::string{": file.txt"} + bad.error)) << found[0];
    EXPECT_EQ(found[0].find("geheim"), std::string::npos) << found[0];
}

const std::string good_secret = "whsec_" + common::base64(std::string(24, 'k'));

INSTANTIATE_TEST_SUITE_P(
    Table, BadFiles,
    testing::Values(
        BadFile{"[server]\npassword_file", "", ": the first line is empty"},
        BadFile{"[server]\npassword_file", "\ngeheim\n", ": the first line is empty"},
        BadFile{"[server]\npassword_file", "geheim\xff\n", ": the first line is not UTF-8"},
        BadFile{"[ingest]\ntoken_file", "\r\n", ": the first line is empty"},
        BadFile{"[ingest]\ntoken_file", "geheim wort\n",
                ": the first line must be printable ASCII without spaces"},
        BadFile{"[ingest]\ntoken_file", "geheim\t\n",
                ": the first line must be printable ASCII without spaces"},
        BadFile{"[ingest]\ntoken_file", "gehe\xc3\xadm\n",
                ": the first line must be printable ASCII without spaces"},
        BadFile{"[delivery]\nsigning_secret_file", "\n \n",
                ": holds no secret; each line must be whsec_ followed by base64 of 24 to 64 bytes"},
        BadFile{"[delivery]\nsigning_secret_file", good_secret + "\n\ngeheim\n",
                ":3: must be whsec_ followed by base64 of 24 to 64 bytes"},
        BadFile{"[delivery]\nsigning_secret_file", "whsec_" + common::base64(std::string(23, 'k')),
                ":1: must be whsec_ followed by base64 of 24 to 64 bytes"},
        BadFile{"[delivery]\nsigning_secret_file", "whsec_" + common::base64(std::string(65, 'k')),
                ":1: must be whsec_ followed by base64 of 24 to 64 bytes"},
        BadFile{"[delivery]\nsigning_secret_file", "WHSEC_" + common::base64(std::string(24, 'k')),
                ":1: must be whsec_ followed by base64 of 24 to 64 bytes"},
        BadFile{"[delivery]\nsigning_secret_file", "whsec_geheim!geheim!geheim!geheim!geheim!",
                ":1: must be whsec_ followed by base64 of 24 to 64 bytes"},
        BadFile{"[webhook a]\nsigning_secret_file", "whsec_",
                ":1: must be whsec_ followed by base64 of 24 to 64 bytes"},
        BadFile{"[webhook a]\nheaders_file", "X-Key: 1\ngeheim\n",
                ":2: must look like Name: value"},
        BadFile{"[webhook a]\nheaders_file", "X Key: geheim",
                ":1: a header's name is of letters, digits and '-' without "
                "spaces, and its value has no control characters"},
        BadFile{"[webhook a]\nheaders_file", std::string{"X-Key: geheim\0", 14},
                ":1: a header's name is of letters, digits and '-' without spaces, and its value "
                "has no control characters"},
        BadFile{"[webhook a]\nheaders_file", ": geheim",
                ":1: a header's name is of letters, digits and '-' without "
                "spaces, and its value has no control characters"},
        BadFile{"[webhook a]\nheaders_file", "HOST: geheim",
                ":1: HOST is set by the agent itself and cannot be given here"},
        BadFile{"[webhook a]\nheaders_file", "Content-Length: 1",
                ":1: Content-Length is set by the agent itself and cannot be given here"},
        BadFile{"[webhook a]\nheaders_file", "Transfer-Encoding: chunked",
                ":1: Transfer-Encoding is set by the agent itself and cannot be given here"},
        BadFile{"[webhook a]\nheaders_file", "connection: close",
                ":1: connection is set by the agent itself and cannot be given here"},
        BadFile{"[webhook a]\nheaders_file", "Webhook-Id: 1",
                ":1: Webhook-Id is set by the agent itself and cannot be given here"}));

TEST_F(ConfigFiles, OverridesAreTakenInTheFilesOrder) {
    write("headers.txt", "X-Key:  a: b \n\nAuthorization: Bearer geheim\n");
    write("secrets.txt", good_secret);
    const auto loaded = load(
        std::string{standalone} +
        "[delivery]\nca_file = some.pem\nclient_cert_file = some.pem\nclient_key_file = some.pem\n"
        "signing_secret_file = secrets.txt\n"
        "[webhook door*]\nmax_age = 30s\ncooldown = 10s\ncooldown_key = plate\nbody = "
        "array\ntimeout = 3s\n"
        "headers_file = headers.txt\n"
        "[webhook door 1]\ntimeout = 4s\n"
        "[webhook \xc3\xa9t?]\nca_file =\nclient_cert_file =\nclient_key_file "
        "=\nsigning_secret_file =\n"
        "[webhook empty]\n");
    ASSERT_EQ(loaded.errors, Lines{});
    const auto& c = loaded.config;
    ASSERT_EQ(c.overrides.size(), 4U);
    EXPECT_EQ(c.overrides[0].glob, "door*");
    EXPECT_EQ(c.overrides[1].glob, "door 1");
    EXPECT_EQ(c.overrides[3].glob, "empty");

    const auto door = settings_for(c, "door 1");
    EXPECT_EQ(door.timeout, 3s) << "the first section that matches wins";
    EXPECT_EQ(door.max_age, 30s);
    EXPECT_EQ(door.cooldown, 10s);
    EXPECT_EQ(door.cooldown_key, CooldownKey::plate);
    EXPECT_EQ(door.body, BodyShape::array);
    EXPECT_EQ(door.headers,
              (common::Headers{{"X-Key", "a: b"}, {"Authorization", "Bearer geheim"}}));
    EXPECT_EQ(door.signing_keys, (Lines{std::string(24, 'k')}))
        << "what a section does not set is [delivery]'s";
    EXPECT_EQ(door.tls.client_key_file, in_folder("some.pem"));

    const auto summer = settings_for(c, "\xc3\xa9t\xc3\xa9");
    EXPECT_EQ(summer.tls, common::TlsFiles{}) << "an empty value takes [delivery]'s away";
    EXPECT_TRUE(summer.signing_keys.empty());

    const auto other = settings_for(c, "gate");
    EXPECT_EQ(other.timeout, 10s);
    EXPECT_EQ(other.cooldown, 0ms);
    EXPECT_EQ(other.cooldown_key, CooldownKey::webhook);
    EXPECT_EQ(other.tls.ca_file, in_folder("some.pem"));
}

TEST_F(ConfigFiles, OverrideSectionsHaveOneGlobEach) {
    EXPECT_EQ(
        errors(std::string{standalone} +
               "[webhook]\nbody = array\n[webhook a]\n[webhook  a]\nbody = array\n[webhooka]\n"),
        (Lines{"agent.ini:3: [webhook] must say for which names: [webhook GLOB], such as [webhook "
               "door*]",
               "agent.ini:6: [webhook a] was opened already; put its keys there",
               "agent.ini:8: [webhooka] is no section; accepted are delivery, ingest, log, queue, "
               "server, webhooks, webhook GLOB"}));
}

} // namespace
} // namespace agent

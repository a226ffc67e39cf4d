#include "common/base/crypto.hpp"
#include "test/agent/config/config_fixture.hpp"

namespace agent {
namespace {

using namespace std::chrono_literals;

TEST_F(ConfigFile, AppliesTheFirstOverrideSectionThatMatches) {
    write("headers.txt", "X-Key:  a: b \n\nAuthorization: Bearer geheim\n");
    write("secrets.txt", "whsec_" + common::base64(std::string(24, 'k')));
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
        << "a key that the section does not set comes from [delivery]";
    EXPECT_EQ(door.tls.client_key_file, in_folder("some.pem"));

    const auto summer = settings_for(c, "\xc3\xa9t\xc3\xa9");
    EXPECT_EQ(summer.tls, common::TlsFiles{}) << "an empty value overrides [delivery] with none";
    EXPECT_TRUE(summer.signing_keys.empty());

    const auto other = settings_for(c, "gate");
    EXPECT_EQ(other.timeout, 10s);
    EXPECT_EQ(other.cooldown, 0ms);
    EXPECT_EQ(other.cooldown_key, CooldownKey::webhook);
    EXPECT_EQ(other.tls.ca_file, in_folder("some.pem"));
}

TEST(Config, ServesTheIncludedAndNotExcludedNames) {
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

} // namespace
} // namespace agent

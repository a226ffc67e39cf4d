#include "agent/config/config_file.hpp"
#include "agent/config/config_keys.hpp"
#include "common/base/file.hpp"
#include "common/text/ini.hpp"

#include <gtest/gtest.h>

namespace agent {
namespace {

// ConfigKeys.HaveTheDefaultsOfTheStruct compares the table with the struct's own defaults.
TEST(ShippedConfig, ContainsEveryKeyOnceWithItsDefault) {
    const auto text = common::read_file(FFL_SOURCE "/conf/agent.ini");
    ASSERT_TRUE(text);
    const auto shipped = common::parse_ini(*text);
    EXPECT_TRUE(shipped.errors.empty());
    const auto defaults = config_defaults();
    ASSERT_EQ(shipped.settings.size(), defaults.size());
    for (std::size_t at = 0; at < defaults.size(); ++at) {
        const auto& line = shipped.settings[at];
        EXPECT_EQ(line.section + "." + line.key + " = " + line.value,
                  defaults[at].section + "." + defaults[at].key + " = " + defaults[at].value);
    }
}

TEST(ShippedConfig, LacksOnlyWhatTheOperatorMustSet) {
    const auto loaded = load_config(FFL_SOURCE "/conf/agent.ini", "");
    ASSERT_EQ(loaded.errors.size(), 1U);
    EXPECT_NE(loaded.errors[0].find("[server] url is not set: "), std::string::npos)
        << loaded.errors[0];
}

TEST(ShippedConfig, ShowsEveryOverrideKeyAsAComment) {
    const auto text = common::read_file(FFL_SOURCE "/conf/agent.ini");
    ASSERT_TRUE(text);
    ASSERT_NE(text->find("\n# [webhook "), std::string::npos);
    for (const auto& key : override_keys()) {
        EXPECT_NE(text->find("\n# " + std::string{key.key} + " = "), std::string::npos) << key.key;
    }
}

TEST(ShippedConfig, ExplainsEachKeyInAComment) {
    const auto text = common::read_file(FFL_SOURCE "/conf/agent.ini");
    ASSERT_TRUE(text);
    for (const auto& key : config_keys()) {
        const auto at = text->find("\n" + std::string{key.key} + " =");
        ASSERT_NE(at, std::string::npos) << key.key;
        const auto above = text->rfind('\n', at - 1);
        EXPECT_EQ(text->at(above + 1), '#') << key.key;
    }
}

} // namespace
} // namespace agent

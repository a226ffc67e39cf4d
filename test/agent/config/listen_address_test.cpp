#include "test/agent/config/config_fixture.hpp"

namespace agent {
namespace {

struct Listen {
    const char* written;
    const char* means; ///< null: invalid
};

class ListenAddress : public ConfigFile, public testing::WithParamInterface<Listen> {};

TEST_P(ListenAddress, IsNumeric) {
    write("token.txt", "t");
    const auto loaded =
        load(std::string{standalone} +
             "[ingest]\ntoken_file = token.txt\nlisten = " + GetParam().written + "\n");
    EXPECT_EQ(loaded.good(), GetParam().means != nullptr) << GetParam().written;
    if (GetParam().means != nullptr) {
        EXPECT_EQ(loaded.config.ingest.listen, GetParam().means);
    }
}

INSTANTIATE_TEST_SUITE_P(
    Table, ListenAddress,
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

TEST_F(ConfigFile, NeedsNoTokenOnLoopback) {
    for (const char* listen :
         {"127.0.0.1:1", "127.9.9.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1", "localhost:1"}) {
        EXPECT_EQ(errors(std::string{standalone} + "[ingest]\nlisten = " + listen), Lines{})
            << listen;
    }
    for (const char* listen : {"0.0.0.0:1", "[::]:1", "192.168.1.2:1", "[fd00::1]:1"}) {
        const auto found = errors(std::string{standalone} + "[ingest]\nlisten = " + listen);
        ASSERT_EQ(found.size(), 1U) << listen;
        EXPECT_NE(found[0].find(": expected token_file to be set"), std::string::npos) << found[0];
    }
}

} // namespace
} // namespace agent

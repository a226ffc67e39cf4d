#include "common/base/crypto.hpp"
#include "test/agent/config/config_fixture.hpp"

namespace agent {
namespace {

struct InvalidRow {
    const char* setting; ///< section and key; the file is "file.txt"
    std::string content;
    const char* error; ///< after the value
};

class InvalidFile : public ConfigFile, public testing::WithParamInterface<InvalidRow> {};

TEST_P(InvalidFile, IsNamedWithItsLineAndWithoutTheSecret) {
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
    Table, InvalidFile,
    testing::Values(
        InvalidRow{"[server]\npassword_file", "", ":1: expected a non-empty line"},
        InvalidRow{"[server]\npassword_file", "\ngeheim\n", ":1: expected a non-empty line"},
        InvalidRow{"[server]\npassword_file", "geheim\xff\n", ":1: expected UTF-8"},
        InvalidRow{"[ingest]\ntoken_file", "\r\n", ":1: expected a non-empty line"},
        InvalidRow{"[ingest]\ntoken_file", "geheim wort\n",
                   ":1: expected printable ASCII without spaces"},
        InvalidRow{"[ingest]\ntoken_file", "geheim\t\n",
                   ":1: expected printable ASCII without spaces"},
        InvalidRow{"[ingest]\ntoken_file", "gehe\xc3\xadm\n",
                   ":1: expected printable ASCII without spaces"},
        InvalidRow{
            "[delivery]\nsigning_secret_file", "\n \n",
            ": no secret found: expected lines of whsec_ followed by base64 of 24 to 64 bytes"},
        InvalidRow{"[delivery]\nsigning_secret_file", good_secret + "\n\ngeheim\n",
                   ":3: expected whsec_ followed by base64 of 24 to 64 bytes"},
        InvalidRow{"[delivery]\nsigning_secret_file",
                   "whsec_" + common::base64(std::string(23, 'k')),
                   ":1: expected whsec_ followed by base64 of 24 to 64 bytes"},
        InvalidRow{"[delivery]\nsigning_secret_file",
                   "whsec_" + common::base64(std::string(65, 'k')),
                   ":1: expected whsec_ followed by base64 of 24 to 64 bytes"},
        InvalidRow{"[delivery]\nsigning_secret_file",
                   "WHSEC_" + common::base64(std::string(24, 'k')),
                   ":1: expected whsec_ followed by base64 of 24 to 64 bytes"},
        InvalidRow{"[delivery]\nsigning_secret_file", "whsec_geheim!geheim!geheim!geheim!geheim!",
                   ":1: expected whsec_ followed by base64 of 24 to 64 bytes"},
        InvalidRow{"[webhook a]\nsigning_secret_file", "whsec_",
                   ":1: expected whsec_ followed by base64 of 24 to 64 bytes"},
        InvalidRow{"[webhook a]\nheaders_file", "X-Key: 1\ngeheim\n", ":2: expected Name: value"},
        InvalidRow{"[webhook a]\nheaders_file", "X Key: geheim",
                   ":1: expected a name of letters, digits and '-', and a value without control "
                   "characters"},
        InvalidRow{"[webhook a]\nheaders_file", std::string{"X-Key: geheim\0", 14},
                   ":1: expected a name of letters, digits and '-', and a value without control "
                   "characters"},
        InvalidRow{"[webhook a]\nheaders_file", ": geheim",
                   ":1: expected a name of letters, digits and '-', and a value without control "
                   "characters"},
        InvalidRow{"[webhook a]\nheaders_file", "HOST: geheim",
                   ":1: HOST is set by the agent: expected other headers only"},
        InvalidRow{"[webhook a]\nheaders_file", "Content-Length: 1",
                   ":1: Content-Length is set by the agent: expected other headers only"},
        InvalidRow{"[webhook a]\nheaders_file", "Transfer-Encoding: chunked",
                   ":1: Transfer-Encoding is set by the agent: expected other headers only"},
        InvalidRow{"[webhook a]\nheaders_file", "connection: close",
                   ":1: connection is set by the agent: expected other headers only"},
        InvalidRow{"[webhook a]\nheaders_file", "Webhook-Id: 1",
                   ":1: Webhook-Id is set by the agent: expected other headers only"}));

} // namespace
} // namespace agent

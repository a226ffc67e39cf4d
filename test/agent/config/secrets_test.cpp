#include "common/base/crypto.hpp"
#include "test/agent/config/config_fixture.hpp"

#include <functional>
#include <sys/stat.h>

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
        InvalidRow{"[ingest]\ntoken_file", "geh\teim\n",
                   ":1: expected printable ASCII without spaces"},
        InvalidRow{"[ingest]\ntoken_file", " \xc2\xa0\ngeheim", ":1: expected a non-empty line"},
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
                   ": a NUL byte in line 1: expected text in UTF-8"},
        InvalidRow{"[webhook a]\nheaders_file",
                   "X-Key: geh\x01"
                   "eim",
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

/// One file that people edit, and what is read of it.
struct ReadRow {
    const char* setting;
    std::string content; ///< as it is read whatever the editor
    std::function<std::string(const Config&)> read;
};

class EditedFile : public ConfigFile {
  protected:
    static const std::vector<ReadRow>& rows() {
        using C = const Config&;
        static const std::vector<ReadRow> all{
            {"[server]\npassword_file", "pa ss", [](C c) { return c.server.password; }},
            {"[ingest]\ntoken_file", "abc.DEF", [](C c) { return c.ingest.token; }},
            {"[delivery]\nsigning_secret_file", good_secret,
             [](C c) { return c.delivery.defaults.signing_keys.at(0); }},
            {"[webhook a]\nsigning_secret_file", good_secret,
             [](C c) { return c.overrides.at(0).signing_keys->at(0); }},
            {"[webhook a]\nheaders_file", "X-Key: 1 2",
             [](C c) {
                 const auto& header = c.overrides.at(0).headers->at(0);
                 return header.name + ":" + header.value;
             }},
        };
        return all;
    }
    LoadedConfig load_with(const ReadRow& row, const std::string& content) {
        write("file.txt", content);
        return load(std::string{standalone} + row.setting + " = file.txt\n");
    }
};

TEST_F(EditedFile, IsReadAlikeWhateverTheEditor) {
    for (const auto& row : rows()) {
        SCOPED_TRACE(row.setting);
        const auto plain = load_with(row, row.content + "\n");
        ASSERT_EQ(plain.errors, Lines{});
        ASSERT_EQ(plain.config.warnings, Lines{});
        const auto wanted = row.read(plain.config);
        for (const auto& same :
             {row.content, row.content + "\r\n", row.content + "\r", "\xef\xbb\xbf" + row.content,
              "\xef\xbb\xbf" + row.content + "\r\n", row.content + "\n\n"}) {
            const auto loaded = load_with(row, same);
            EXPECT_EQ(loaded.errors, Lines{});
            EXPECT_EQ(loaded.config.warnings, Lines{});
            EXPECT_EQ(row.read(loaded.config), wanted) << testing::PrintToString(same);
        }
        for (const auto& blanks : {row.content + " \n", row.content + "\t\r\n", " " + row.content,
                                   row.content + "\xc2\xa0\n"}) {
            const auto loaded = load_with(row, blanks);
            EXPECT_EQ(loaded.errors, Lines{});
            EXPECT_EQ(row.read(loaded.config), wanted) << testing::PrintToString(blanks);
            ASSERT_EQ(loaded.config.warnings.size(), 1U) << testing::PrintToString(blanks);
            const auto& warning = loaded.config.warnings[0];
            EXPECT_TRUE(warning.starts_with(in_folder("agent.ini") + ":4: [")) << warning;
            EXPECT_TRUE(warning.ends_with(in_folder("file.txt") +
                                          ":1: the blanks at the ends of the line are not part of "
                                          "the secret"))
                << warning;
            EXPECT_EQ(warning.find(row.content), std::string::npos) << warning;
        }
    }
}

TEST_F(EditedFile, IsRefusedAlikeWhereItIsNoText) {
    using namespace std::string_literals;
    const std::pair<std::string, std::string> bad[] = {
        {"\xff\xfeg\0e\0h\0"s, ": the text is UTF-16: expected UTF-8"},
        {"\xfe\xff\0g\0e\0h"s, ": the text is UTF-16: expected UTF-8"},
        {"g\0e\0h\0"s, ": a NUL byte in line 1 (is it UTF-16?)"},
        {std::string(70'000, 'g'), " is too long: expected at most 64 KiB"},
    };
    for (const auto& row : rows()) {
        for (const auto& [content, says] : bad) {
            SCOPED_TRACE(row.setting + says);
            const auto loaded = load_with(row, content);
            ASSERT_EQ(loaded.errors.size(), 1U);
            EXPECT_NE(loaded.errors[0].find(in_folder("file.txt") + says), std::string::npos)
                << loaded.errors[0];
            EXPECT_EQ(loaded.faults[0].file, in_folder("file.txt"));
            EXPECT_EQ(loaded.faults[0].fault, common::Fault::input);
        }
        std::filesystem::remove(folder_ / "file.txt");
        std::filesystem::create_directory(folder_ / "file.txt");
        const auto folder = load(std::string{standalone} + row.setting + " = file.txt\n");
        ASSERT_EQ(folder.errors.size(), 1U);
        EXPECT_NE(folder.errors[0].find("file.txt is a directory: expected a file"),
                  std::string::npos)
            << folder.errors[0];
        std::filesystem::remove(folder_ / "file.txt");
    }
}

TEST_F(EditedFile, MayBeTheIniFileItself) {
    using namespace std::string_literals;
    const std::string good = standalone;
    for (const auto& text : {"\xef\xbb\xbf" + good, "[webhooks]\r\nfile = hooks.json\r\n"s,
                             "[webhooks]\rfile = hooks.json\r"s}) {
        EXPECT_EQ(load(text).errors, Lines{}) << testing::PrintToString(text);
    }
    EXPECT_EQ(errors("\xff\xfe[\0w\0"s),
              Lines{"agent.ini: the text is UTF-16: expected UTF-8; choose that encoding when you "
                    "save the file"});
    EXPECT_EQ(errors(good + "\0"s),
              Lines{"agent.ini: a NUL byte in line 3: expected text in UTF-8"});
    EXPECT_EQ(errors(std::string(2UL << 20, '\n')),
              Lines{"agent.ini is too long: expected at most 1 MiB"});
    std::filesystem::create_directory(folder_ / "folder.ini");
    EXPECT_EQ(load_config(in_folder("folder.ini"), "").errors,
              Lines{in_folder("folder.ini") + " is a directory: expected a file"});
}

TEST_F(EditedFile, IsNotWaitedForWhereNobodyWritesIt) {
    ASSERT_EQ(::mkfifo(in_folder("pipe").c_str(), 0600), 0);
    EXPECT_EQ(errors(std::string{standalone} + "[ingest]\ntoken_file = pipe\n"),
              Lines{"agent.ini:4: [ingest] token_file = pipe: pipe:1: expected a non-empty line"});
}

TEST_F(EditedFile, QuotesAroundASecretAreWarnedOf) {
    const auto loaded = load_with(rows()[0], "\"pa ss\"\n");
    EXPECT_EQ(loaded.config.server.password, "\"pa ss\"");
    ASSERT_EQ(loaded.config.warnings.size(), 1U);
    EXPECT_TRUE(loaded.config.warnings[0].ends_with(":1: the quotes are part of the secret"));
}

} // namespace
} // namespace agent

// `check --base-dir`: a copy of the INI file is judged as if it lay there already, as fleet tools
// do it before they put the file in place.
#include "test/support/program.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace {

using nlohmann::json;
using Arguments = std::vector<std::string>;

/// A folder as the agent has it, and a copy of its INI file in another one.
class BaseDir : public testing::Test {
  protected:
    void configure(const test::Program::Sections& sections) {
        place_.configure(sections);
        const auto read = test::run_program({"/bin/cat", place_.ini()});
        copy_ = elsewhere_.write("source", read.out);
    }
    [[nodiscard]] test::Finished check(const Arguments& more) const {
        Arguments line{FFL_BINARY, "check", "--config", copy_};
        line.insert(line.end(), more.begin(), more.end());
        return test::run_program(line);
    }
    [[nodiscard]] std::string folder() const { return place_.folder().file("."); }

    test::Program place_{{}};
    test::TempFolder elsewhere_;
    std::string copy_;
};

TEST_F(BaseDir, HoldsForEveryFileThatASettingNames) {
    struct Row {
        const char *section, *key;
        std::string content;
        test::Program::Sections sections; ///< what the key needs beside it
    };
    const test::Program::Sections local{{"webhooks", {{"file", "webhooks.json"}}}};
    const test::Program::Sections server{{"server", {{"url", "http://h/"}, {"username", "a"}}}};
    const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n";
    for (const auto& [section, key, content, sections] :
         {Row{"webhooks", "file", "[]", {}}, Row{"server", "password_file", "secret\n", server},
          Row{"ingest", "token_file", "token\n", local},
          Row{"delivery", "signing_secret_file", secret, local},
          Row{"webhook door", "headers_file", "X-Key: 1\n", local},
          Row{"webhook door", "signing_secret_file", secret, local}}) {
        SCOPED_TRACE(std::string{section} + "." + key);
        auto all = sections;
        all[section][key] = "named";
        configure(all);
        place_.folder().write("webhooks.json", "[]");
        place_.folder().write("named", content);
        const auto alone = check({"--json"});
        EXPECT_EQ(alone.code, 78) << alone.out;
        EXPECT_NE(alone.out.find(elsewhere_.file("named")), std::string::npos) << alone.out;
        const auto there = check({"--json", "--base-dir", folder()});
        const auto answer = json::parse(there.out);
        for (const auto& finding : answer["findings"]) {
            EXPECT_EQ(finding.dump().find(elsewhere_.file("named")), std::string::npos) << finding;
            EXPECT_NE(finding["level"], "fail") << finding;
        }
        EXPECT_EQ(check({"--reload"}).code, 78);
        const auto reload = check({"--reload", "--base-dir=" + folder()});
        EXPECT_EQ(reload.code, 0) << reload.err;
    }
}

TEST_F(BaseDir, HoldsForTlsFilesTheSocketAndTheQueue) {
    for (const auto& [section, key] :
         std::vector<std::pair<std::string, std::string>>{{"server", "ca_file"},
                                                          {"ingest", "tls_cert_file"},
                                                          {"ingest", "tls_key_file"},
                                                          {"delivery", "ca_file"},
                                                          {"delivery", "client_cert_file"},
                                                          {"delivery", "client_key_file"},
                                                          {"webhook door", "ca_file"},
                                                          {"webhook door", "client_cert_file"},
                                                          {"webhook door", "client_key_file"},
                                                          {"ingest", "socket"},
                                                          {"queue", "path"}}) {
        SCOPED_TRACE(section + "." + key);
        test::Program::Sections all{{"webhooks", {{"file", "webhooks.json"}}}};
        all[section][key] = "absent/named";
        configure(all);
        place_.folder().write("webhooks.json", "[]");
        // None of them is there: what is named tells where it was sought.
        const auto there = check({"--base-dir", folder()});
        EXPECT_NE(there.code, 0);
        EXPECT_NE(there.out.find(place_.folder().file("absent")), std::string::npos) << there.out;
        EXPECT_EQ(there.out.find(elsewhere_.file("absent")), std::string::npos) << there.out;
    }
}

TEST_F(BaseDir, LeavesErrorsAtTheirLineOfTheCopyAndAbsolutePathsAlone) {
    configure({{"webhooks", {{"file", elsewhere_.write("hooks.json", "[]")}}},
               {"queue", {{"sync", "maybe"}}}});
    const auto found = check({"--base-dir", folder()});
    EXPECT_EQ(found.code, 78);
    EXPECT_NE(found.out.find(copy_ + ":"), std::string::npos) << found.out;
    EXPECT_NE(found.out.find("[queue] sync = maybe: expected one of: full, normal"),
              std::string::npos)
        << found.out;
    EXPECT_EQ(found.out.find("hooks.json"), std::string::npos) << found.out;
}

} // namespace

// What `check` tells the installer to fix: the file that is wrong, and never a value that is none.
#include "test/support/program.hpp"

#include <gtest/gtest.h>

namespace {

using nlohmann::json;

TEST(Check, EachRemedyNamesTheFileThatIsWrong) {
    struct Row {
        const char* key;
        std::string content; ///< of "file"; empty name: there is none
        bool there;
        std::string fix; ///< before the path of the file
    };
    const test::Program::Sections server{{"server", {{"url", "http://lite/"}, {"username", "a"}}}};
    for (const auto& [key, content, there, fix] :
         {Row{"server.password_file", "", true, "fix "},
          Row{"server.password_file", "", false, "create "},
          Row{"ingest.token_file", "a b\n", true, "fix "},
          Row{"delivery.signing_secret_file", "x\n", true, "fix "},
          Row{"webhook door.headers_file", "x\n", true, "fix "},
          Row{"webhook door.headers_file", "x\n", false, "create "}}) {
        SCOPED_TRACE(std::string{key} + " " + fix);
        auto sections = server;
        const std::string_view name{key};
        const auto dot = name.rfind('.');
        sections[std::string{name.substr(0, dot)}][std::string{name.substr(dot + 1)}] = "file";
        sections["server"].insert({"password_file", "password"});
        test::Program agent{sections};
        agent.folder().write("password", "secret\n");
        if (there) {
            agent.folder().write("file", content);
        }
        const auto check = agent.cli({"check", "--json"});
        EXPECT_EQ(check.code, 78) << check.out;
        const auto first = json::parse(check.out)["findings"][0];
        EXPECT_TRUE(first["fix"].get<std::string>().starts_with(fix + agent.folder().file("file")))
            << first;
    }
    const test::Program bad_value{test::with_local_webhooks({{"queue", {{"sync", "maybe"}}}})};
    bad_value.folder().write("webhooks.json", "[]");
    const auto check = bad_value.cli({"check", "--json"});
    EXPECT_EQ(json::parse(check.out)["findings"][0]["fix"], "fix it in " + bad_value.ini());
}

TEST(Check, NeverTakesAValueForTheFileToFix) {
    const test::Program agent{
        test::with_local_webhooks({{"server", {{"url", "https://admin:Geheim1@h:99999/"}}},
                                   {"delivery", {{"timeout", "10"}, {"deny_targets", "intranet"}}},
                                   {"queue", {{"max_size", "much"}}}})};
    agent.folder().write("webhooks.json", "[]");
    const auto check = agent.cli({"check", "--json"});
    EXPECT_EQ(check.code, 78);
    EXPECT_EQ(check.out.find("Geheim1"), std::string::npos) << check.out;
    EXPECT_EQ(agent.cli({"check"}).out.find("Geheim1"), std::string::npos);
    const auto document = json::parse(check.out);
    ASSERT_EQ(document["findings"].size(), 4U) << check.out;
    for (const auto& finding : document["findings"]) {
        EXPECT_EQ(finding["fix"], "fix it in " + agent.ini()) << finding;
    }
}

} // namespace

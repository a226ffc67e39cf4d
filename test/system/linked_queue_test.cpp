// [queue] path is a symbolic link: everything lies beside the file that it leads to, and the link
// stays.
#include "common/base/file.hpp"
#include "test/support/program.hpp"
#include "test/support/scripted_server.hpp"

#include <csignal>
#include <gtest/gtest.h>

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

TEST(LinkedQueue, IsThatOfTheFileAlsoInASalvage) {
    test::ScriptedServer target{[](const test::Seen&) { return test::Answer{503, {}, ""}; }};
    test::Program agent{{{"webhooks", {{"file", "webhooks.json"}}}}};
    agent.folder().write("webhooks.json",
                         json::array({{{"name", "a"}, {"target", target.url()}}}).dump());
    fs::create_directory(agent.folder().file("disk"));
    const auto real = agent.folder().file("disk/real.db");
    fs::create_symlink("disk/real.db", agent.database());
    agent.start();
    EXPECT_EQ(agent.status()["store"]["path"], real);
    const std::string body(4'000, 'x');
    for (int i = 0; i < 20; ++i) {
        ASSERT_EQ(
            agent.post("/v1/events", json{{"type", "face"}, {"n", i}, {"x", body}}.dump()).status,
            202U);
    }
    const auto bytes = agent.status()["queue"]["bytes"].get<std::uint64_t>();
    EXPECT_GE(bytes, fs::file_size(real + "-wal")) << "the WAL is counted";
    EXPECT_GE(fs::file_size(real + "-wal"), 80'000U);
    EXPECT_FALSE(fs::exists(agent.database() + "-wal"));
    EXPECT_EQ(agent.stop(), 0);
    std::string damaged = *common::read_file(real);
    damaged.replace(damaged.size() / 2, 4'096, std::string(4'096, '?'));
    agent.folder().write("disk/real.db", damaged);
    agent.start();
    EXPECT_TRUE(fs::is_symlink(agent.database()));
    EXPECT_EQ(fs::read_symlink(agent.database()), "disk/real.db");
    const auto status = agent.status();
    ASSERT_EQ(status["store"]["quarantined"].size(), 1U);
    EXPECT_TRUE(
        status["store"]["quarantined"][0].get<std::string>().starts_with(real + ".corrupt-"))
        << status["store"];
    EXPECT_GT(status["queue"]["pending"], 0);
}

TEST(HeadersFile, SendsEachOfItsLines) {
    test::ScriptedServer target{[](const test::Seen&) { return test::Answer{}; }};
    test::Program agent{
        {{"webhooks", {{"file", "webhooks.json"}}}, {"webhook a", {{"headers_file", "headers"}}}}};
    agent.folder().write("headers", "\xef\xbb\xbfX-Key: 1\r\nX-Key: 2\r\n");
    agent.folder().write("webhooks.json",
                         json::array({{{"name", "a"}, {"target", target.url()}}}).dump());
    agent.start();
    ASSERT_EQ(agent.post("/v1/events", R"({"type":"face"})").status, 202U);
    ASSERT_TRUE(target.wait_for(1, std::chrono::seconds{20}));
    std::vector<std::string> values;
    const auto seen = target.seen();
    for (const auto& [name, value] : seen.front().headers) {
        if (name == "X-Key") {
            values.push_back(value);
        }
    }
    EXPECT_EQ(values, (std::vector<std::string>{"1", "2"}));
}

} // namespace

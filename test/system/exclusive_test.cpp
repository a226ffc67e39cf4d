// One agent per queue, files that are nobody else's, and a log that nobody reads.
#include "test/support/program.hpp"

#include <csignal>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace {

using nlohmann::json;

test::Program::Sections standalone() {
    return {{"webhooks", {{"file", "webhooks.json"}}}};
}

void write_webhook(const test::Program& agent) {
    agent.folder().write(
        "webhooks.json",
        json::array({{{"name", "one"}, {"target", "http://127.0.0.1:9/"}}}).dump());
}

TEST(Exclusive, ASecondAgentOnTheQueueIsRefused) {
    test::Program first{standalone()};
    write_webhook(first);
    first.start();
    const auto added = first.post("/v1/events", R"({"id": "a", "type": "face"})");
    EXPECT_EQ(added.status, 202U);

    test::Program other{standalone()};
    write_webhook(other);
    const auto link = other.folder().file("link.db");
    std::filesystem::create_symlink(first.database(), link);
    for (const auto& path : {first.database(), link}) {
        auto sections = standalone();
        sections["queue"]["path"] = path;
        other.configure(sections);
        const auto refused = other.cli({"run"});
        EXPECT_EQ(refused.code, 74) << refused.err;
        EXPECT_NE(refused.err.find("the queue " + first.database() + " is in use by process " +
                                   std::to_string(first.pid()) + " (since "),
                  std::string::npos)
            << refused.err;
        EXPECT_EQ(other.cli({"queue", "list"}).code, 0) << "reading is allowed";
        const auto checked = other.cli({"check"});
        EXPECT_EQ(checked.code, 0) << checked.out;
        EXPECT_NE(checked.out.find("in use by process " + std::to_string(first.pid())),
                  std::string::npos)
            << checked.out;
    }
    first.kill();
    first.start(); // no lock outlives its process
    EXPECT_EQ(first.stop(), 0);
}

TEST(Exclusive, TheQueuesFilesArePrivateWhateverTheUmask) {
    const auto umask = ::umask(0);
    test::Program agent{standalone()};
    write_webhook(agent);
    agent.folder().write("agent.db.corrupt-20240101T000000Z", "old");
    agent.start();
    EXPECT_EQ(agent.post("/v1/events", R"({"type": "face"})").status, 202U);
    const auto expect_private = [&](const char* when) {
        int files = 0;
        const std::filesystem::path database{agent.database()};
        for (const auto& entry : std::filesystem::directory_iterator{database.parent_path()}) {
            if (entry.path().filename().string().starts_with("agent.db")) {
                struct stat file {};
                ASSERT_EQ(::stat(entry.path().c_str(), &file), 0);
                EXPECT_EQ(file.st_mode & 0137, 0U) << when << ": " << entry.path();
                ++files;
            }
        }
        EXPECT_GE(files, 4) << when;
    };
    expect_private("new");
    agent.kill();
    for (const auto* suffix : {"", "-wal", "-shm", "-lock"}) {
        ::chmod((agent.database() + suffix).c_str(), 0666); // as an earlier version left them
    }
    agent.start();
    expect_private("old");
    ::umask(umask);
}

} // namespace

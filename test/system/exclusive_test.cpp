// One agent per queue, files that are nobody else's, and a log that nobody reads.
#include "test/support/program.hpp"
#include "test/support/receiver.hpp"

#include <atomic>
#include <csignal>
#include <gtest/gtest.h>
#include <sys/stat.h>

namespace {

using nlohmann::json;

void write_webhook(const test::Program& agent, const std::string& target = "http://127.0.0.1:9/") {
    agent.folder().write("webhooks.json",
                         json::array({{{"name", "one"}, {"target", target}}}).dump());
}

/// One agent runs and has an event; the other has not been started.
class TwoAgents : public testing::Test {
  protected:
    TwoAgents() {
        write_webhook(first);
        write_webhook(other);
        first.start();
        const auto added = first.post("/v1/events", R"({"id": "a", "type": "face"})");
        EXPECT_EQ(added.status, 202U);
    }

    test::Program first{test::with_local_webhooks()}, other{test::with_local_webhooks()};
};

// Fault: two agents on one queue | the second is refused by name
TEST_F(TwoAgents, OfOneQueueTheSecondIsRefused) {
    const auto link = other.folder().file("link.db");
    std::filesystem::create_symlink(first.database(), link);
    for (const auto& path : {first.database(), link}) {
        auto sections = test::with_local_webhooks();
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

// Fault: two agents on one queue | the second is refused by name
TEST_F(TwoAgents, TheSecondIsRefusedAlsoUnderAnotherNameOfTheFile) {
    std::filesystem::create_hard_link(first.database(), other.database());
    const auto refused = other.cli({"run"});
    EXPECT_EQ(refused.code, 74) << refused.err;
    EXPECT_NE(refused.err.find("in use by process " + std::to_string(first.pid()) +
                               " under another name"),
              std::string::npos)
        << refused.err;
    EXPECT_EQ(first.post("/v1/events", R"({"id": "b", "type": "face"})").status, 202U);
    EXPECT_EQ(first.stop(), 0);
}

// Fault: two agents on one queue | none delivers what the other has
TEST(Exclusive, AnAgentThatLostItsQueueDeliversNothing) {
    test::Receiver receiver;
    std::atomic<bool> up{false};
    std::atomic<int> delivered{0};
    receiver.set_script([&](const test::Callback&) {
        test::Answer answer;
        answer.status = up ? 200 : 503;
        delivered += up ? 1 : 0;
        return answer;
    });
    auto sections = test::with_local_webhooks();
    sections["delivery"]["retry_max"] = "1s";
    test::Program first{sections};
    write_webhook(first, receiver.url());
    first.start();
    const auto added =
        first.post("/v1/events", R"([{"id":"a","type":"face"},{"id":"b","type":"face"}])");
    EXPECT_EQ(added.status, 202U);
    ASSERT_TRUE(receiver.wait_for(2, std::chrono::seconds{20}));

    first.signal(SIGSTOP); // not while it looks, for it takes a lock that nobody has
    sections["queue"]["path"] = first.database();
    test::Program second{sections};
    write_webhook(second, receiver.url());
    std::filesystem::remove(first.database() + "-lock");
    EXPECT_EQ(second.cli({"run"}).code, 74) << "the database itself is locked, too";
    for (const auto* file : {"-lock", "-wal", "-shm", ""}) {
        std::filesystem::remove(first.database() + file);
    }
    second.start();
    first.signal(SIGCONT);
    ASSERT_TRUE(first.wait_until([&](const json& status) {
        const auto error = status["webhooks"][0]["last_error"].dump();
        return error.find("in use by process " + std::to_string(second.pid())) != std::string::npos;
    })) << first.log();
    up = true;
    EXPECT_EQ(second.stop(), 0);
    EXPECT_TRUE(first.wait_until([](const json& status) {
        return status["queue"]["pending"] == 0;
    })) << first.log();
    EXPECT_EQ(first.stop(), 0);
    EXPECT_EQ(delivered, 2);
}

TEST(Exclusive, TheQueuesFilesArePrivateWhateverTheUmask) {
    const auto umask = ::umask(0);
    test::Program agent{test::with_local_webhooks()};
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

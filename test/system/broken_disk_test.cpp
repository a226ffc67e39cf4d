// The whole program on a disk that takes no writes when it starts.
#include "test/support/own_mounts.hpp"
#include "test/support/program.hpp"
#include "test/support/scripted_server.hpp"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <mutex>

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

class BrokenDisk : public testing::Test {
  protected:
    /// A disk of that size with the queue of an agent that was killed. Its events are not delivered
    /// yet.
    void prepare(const char* size, int events, std::size_t bytes) {
        fs::create_directory(disk);
        if (!test::mount_disk(disk, size)) {
            GTEST_SKIP() << "mounting a file system is not allowed here";
        }
        const test::ScriptedServer refusing{[](const test::Seen&) {
            return test::Answer{503, {}, "", test::Answer::Fault::none};
        }};
        target.emplace([this](const test::Seen& seen) {
            const std::lock_guard lock{mutex};
            ++arrived[json::parse(seen.body).at("id").get<std::string>()];
            return test::Answer{};
        });
        agent.configure(sections());
        serve(refusing.url());
        agent.start();
        for (int i = 0; i < events; ++i) {
            ASSERT_EQ(agent.post("/v1/events", event(std::to_string(i), bytes)).status, 202U);
        }
        agent.kill();
        serve(target->url());
    }
    /// An empty disk, and an agent that has never run.
    void prepare_first_start() {
        fs::create_directory(disk);
        if (!test::mount_disk(disk, "size=8m")) {
            GTEST_SKIP() << "mounting a file system is not allowed here";
        }
        target.emplace([](const test::Seen&) { return test::Answer{}; });
        agent.configure(sections());
        serve(target->url());
    }
    void fill_disk() const {
        const std::string block(4096, 'x');
        std::ofstream others{disk + "/others", std::ios::binary};
        while (others.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
    }
    void expect_to_recover_from(const std::function<void()>& heal) {
        agent.start();
        EXPECT_EQ(agent.post("/v1/events", event("refused")).status, 503U);
        EXPECT_EQ(agent.get("/readyz").status, 503U);
        EXPECT_EQ(agent.status()["store"]["degraded"], true);
        heal();
        ASSERT_TRUE(agent.wait_until(writable)) << agent.log();
        EXPECT_EQ(agent.post("/v1/events", event("after")).status, 202U);
        EXPECT_TRUE(target->wait_for(1, std::chrono::seconds{20}));
        EXPECT_EQ(agent.stop(), 0);
    }
    void serve(const std::string& url) {
        agent.folder().write("webhooks.json",
                             json::array({{{"name", "one"}, {"target", url}}}).dump());
    }
    void TearDown() override {
        if (agent.running()) {
            agent.kill();
        }
        ::umount2(disk.c_str(), MNT_DETACH);
    }
    test::Program::Sections sections() const {
        return {{"webhooks", {{"file", "webhooks.json"}}}, {"queue", {{"path", database}}}};
    }
    static std::string event(const std::string& id, std::size_t bytes = 0) {
        return json{{"id", id}, {"type", "face"}, {"text", std::string(bytes, 'x')}}.dump();
    }
    static bool writable(const json& status) { return status["store"]["degraded"] == false; }

    test::Program agent{{}};
    const std::string disk = agent.folder().file("disk");
    const std::string database = disk + "/agent.db";
    std::mutex mutex;
    std::map<std::string, int> arrived;
    std::optional<test::ScriptedServer> target;
};

// Fault: the disk is read-only or fails | what can be read is delivered, once
TEST_F(BrokenDisk, DeliversFromAReadOnlyDisk) {
    ASSERT_NO_FATAL_FAILURE(prepare("size=12m", 50, 0));
    if (!target) {
        return; // skipped
    }
    ASSERT_TRUE(test::make_read_only(disk, true));
    agent.start();
    EXPECT_TRUE(agent.wait_until([](const json& status) {
        return status["queue"]["pending"] == 0 && status["store"]["degraded"] == true;
    })) << agent.status()
        << agent.log();
    EXPECT_EQ(agent.post("/v1/events", event("refused")).status, 503U);
    EXPECT_NE(agent.status()["store"]["last_error"], json{});
    EXPECT_EQ(agent.cli({"queue", "list"}).code, 0);
    const auto drop = agent.cli({"queue", "drop", "--all", "--yes"});
    EXPECT_EQ(drop.code, 69) << drop.err;
    EXPECT_NE(drop.err.find("cannot be written"), std::string::npos) << drop.err;
    test::Program other{sections()};
    other.folder().write("webhooks.json", "[]");
    EXPECT_EQ(other.cli({"run"}).code, 74) << "one agent per queue, here too";
    ASSERT_TRUE(test::make_read_only(disk, false));
    ASSERT_TRUE(agent.wait_until(writable)) << agent.log();
    EXPECT_EQ(agent.post("/v1/events", event("after")).status, 202U);
    EXPECT_TRUE(
        agent.wait_until([](const json& status) { return status["queue"]["pending"] == 0; }));
    EXPECT_EQ(agent.stop(), 0);
    EXPECT_EQ(arrived.size(), 51U);
    for (const auto& [id, times] : arrived) {
        EXPECT_EQ(times, 1) << id;
    }
}

// Fault: the disk is read-only or fails | a first start waits for it
TEST_F(BrokenDisk, AFirstStartOnAReadOnlyDisk) {
    ASSERT_NO_FATAL_FAILURE(prepare_first_start());
    if (!target) {
        return; // skipped
    }
    ASSERT_TRUE(test::make_read_only(disk, true));
    expect_to_recover_from([this] { ASSERT_TRUE(test::make_read_only(disk, false)); });
}

// Fault: the disk is full | a first start waits for room
TEST_F(BrokenDisk, AFirstStartOnAFullDisk) {
    ASSERT_NO_FATAL_FAILURE(prepare_first_start());
    if (!target) {
        return; // skipped
    }
    fill_disk();
    expect_to_recover_from([this] { fs::remove(disk + "/others"); });
}

// Fault: the disk is read-only or fails | the socket comes when its disk takes it
TEST_F(BrokenDisk, ASocketThatCannotBeMadeComesLater) {
    ASSERT_NO_FATAL_FAILURE(prepare_first_start());
    if (!target) {
        return; // skipped
    }
    auto other_queue = sections();
    other_queue["queue"]["path"] = agent.database();
    const auto socket = disk + "/agent.sock";
    other_queue["ingest"]["socket"] = socket;
    agent.configure(other_queue);
    ASSERT_TRUE(test::make_read_only(disk, true));
    agent.start();
    EXPECT_EQ(agent.post("/v1/events", event("one")).status, 202U);
    EXPECT_TRUE(target->wait_for(1, std::chrono::seconds{20}));
    EXPECT_TRUE(test::has(agent.status()["summary"].get<std::string>(), socket)) << agent.status();
    EXPECT_TRUE(test::has(agent.log(), "cannot listen on the socket yet")) << agent.log();
    ASSERT_TRUE(test::make_read_only(disk, false));
    EXPECT_TRUE(agent.wait_for_log("socket=" + socket)) << agent.log();
    EXPECT_EQ(agent.cli({"queue", "list"}).code, 0);
    EXPECT_FALSE(test::has(agent.status()["problems"].dump(), socket)) << agent.status();
    EXPECT_EQ(agent.stop(), 0);
}

// Fault: the disk is full | a salvage waits for room, and loses nothing
TEST_F(BrokenDisk, WaitsForRoomForASalvage) {
    ASSERT_NO_FATAL_FAILURE(prepare("size=6m", 40, 20'000));
    if (!target) {
        return; // skipped
    }
    serve("http://127.0.0.1:9/");
    agent.start();
    ASSERT_EQ(agent.stop(), 0); // all of it is in the database
    serve(target->url());
    {
        std::fstream file{database, std::ios::binary | std::ios::in | std::ios::out};
        file.write("not a database", 14);
    }
    fs::remove(database + "-reserve");
    fill_disk();
    agent.start();
    EXPECT_EQ(agent.post("/v1/events", event("refused")).status, 503U);
    const auto store = agent.status()["store"];
    EXPECT_EQ(store["degraded"], true);
    EXPECT_NE(store["last_error"].get<std::string>().find("make room"), std::string::npos) << store;
    EXPECT_NE(agent.log().find("make room"), std::string::npos);
    EXPECT_TRUE(arrived.empty());
    fs::remove(disk + "/others");
    ASSERT_TRUE(agent.wait_until(writable)) << agent.log();
    EXPECT_EQ(agent.status()["store"]["quarantined"].size(), 1U);
    EXPECT_TRUE(
        agent.wait_until([](const json& status) { return status["queue"]["pending"] == 0; }));
    EXPECT_EQ(agent.stop(), 0);
    EXPECT_EQ(arrived.size(), 40U) << agent.log();
}

} // namespace

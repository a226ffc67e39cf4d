// Somebody removes or replaces the queue's files under the running agent: it is noticed at the next
// commit, nothing is accepted into a file that nobody will find, and nothing is lost.
#include "test/support/failing_disk.hpp"
#include "test/support/storage_fixture.hpp"

namespace test {

namespace fs = std::filesystem;

class QueueMovedTest : public Storage {
  protected:
    QueueMovedTest() {
        auto& run = start();
        for (const auto* id : {"a", "b", "c"}) {
            run.take({event(id, {"1"})});
        }
    }
    ~QueueMovedTest() override { stop(); } // before the disk goes
    [[nodiscard]] std::string path(const std::string& suffix = "") const {
        return config.queue.path + suffix;
    }
    /// The next event is refused, the one after it is accepted, and all of them are at the path.
    void expect_noticed_and_recovered(const std::string& what) {
        SCOPED_TRACE(what);
        auto& run = now();
        const auto refused = run.add({event("refused", {"1"})});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().fault, Fault::storage);
        EXPECT_NE(refused.error().message.find("removed or replaced"), std::string::npos)
            << refused.error().message;
        EXPECT_TRUE(run.queue.stats().degraded);
        EXPECT_EQ(run.list().size(), 3U) << "what is there can still be read";
        clock.advance(1s);
        EXPECT_FALSE(run.queue.stats().degraded) << run.queue.stats().last_error;
        run.take({event("d", {"1"})});
        EXPECT_EQ(run.queue.pending("1"), 4U);
        EXPECT_EQ(run.deliveries(), 4);
        auto& next = start();
        EXPECT_EQ(next.queue.pending("1"), 4U);
        EXPECT_FALSE(next.opened.salvaged);
    }
    void remove(const std::vector<std::string>& suffixes) {
        for (const auto& suffix : suffixes) {
            fs::remove(path(suffix));
        }
    }

    FailingDisk disk;
};

TEST_F(QueueMovedTest, AllFilesRemoved) {
    remove({"", "-wal", "-shm"});
    expect_noticed_and_recovered("rm agent.db*");
}

TEST_F(QueueMovedTest, TheReserveComesBackToo) {
    ASSERT_TRUE(fs::exists(path("-reserve")));
    remove({"", "-wal", "-shm", "-reserve"});
    EXPECT_FALSE(now().add({event("refused", {"1"})}));
    clock.advance(1s);
    EXPECT_FALSE(now().queue.stats().degraded);
    EXPECT_TRUE(fs::exists(path("-reserve")));
}

TEST_F(QueueMovedTest, TheDatabaseAloneRemoved) {
    fs::remove(path());
    expect_noticed_and_recovered("rm agent.db");
}

// Fault: files are removed or replaced under the agent | everything is written into new ones
TEST_F(QueueMovedTest, TheWalAloneRemoved) {
    fs::remove(path("-wal"));
    expect_noticed_and_recovered("rm agent.db-wal");
}

TEST_F(QueueMovedTest, TheIndexOfTheWalRemoved) {
    fs::remove(path("-shm"));
    expect_noticed_and_recovered("rm agent.db-shm");
}

TEST_F(QueueMovedTest, MovedAway) {
    fs::rename(path(), folder.file("elsewhere.db"));
    expect_noticed_and_recovered("mv agent.db elsewhere.db");
}

TEST_F(QueueMovedTest, ReplacedByACopy) {
    fs::copy_file(path(), folder.file("copy.db"));
    fs::rename(folder.file("copy.db"), path());
    expect_noticed_and_recovered("cp; mv");
    int aside = 0;
    for (const auto& entry : fs::directory_iterator{folder.path()}) {
        aside += entry.path().filename().string().starts_with("agent.db.replaced-") ? 1 : 0;
    }
    EXPECT_EQ(aside, 1) << "what somebody put there is kept";
}

TEST_F(QueueMovedTest, WaitsForAFolderThatWasMovedAway) {
    const Folder other;
    fs::rename(folder.path(), other.file("gone"));
    auto& run = now();
    EXPECT_FALSE(run.add({event("refused", {"1"})}));
    clock.advance(5s);
    EXPECT_FALSE(run.add({event("refused", {"1"})}));
    EXPECT_EQ(run.list().size(), 3U);
    fs::rename(other.file("gone"), folder.path());
    clock.advance(1s);
    run.take({event("d", {"1"})});
    EXPECT_EQ(start().queue.pending("1"), 4U);
}

// Fault: files are removed or replaced under the agent | also while the disk fails
TEST_F(QueueMovedTest, WhileTheDiskFails) {
    for (const std::vector<std::string>& files :
         {std::vector<std::string>{""}, {"-wal"}, {"-shm"}, {"", "-wal", "-shm"}}) {
        SCOPED_TRACE("agent.db" + files[0] + " of " + std::to_string(files.size()));
        disk.writes = false;
        EXPECT_FALSE(now().add({event("refused", {"1"})}));
        remove(files);
        clock.advance(5s);
        EXPECT_EQ(now().list().size(), 3U);
        disk.writes = true;
        clock.advance(31s);
        EXPECT_FALSE(now().queue.stats().degraded) << now().queue.stats().last_error;
        EXPECT_EQ(start().deliveries(), 3);
    }
}

TEST_F(QueueMovedTest, WhileItCanOnlyBeRead) {
    stop();
    disk.read_only = true;
    EXPECT_TRUE(start().queue.stats().degraded);
    remove({"", "-wal", "-shm"});
    EXPECT_EQ(now().list().size(), 3U);
    disk.read_only = false;
    clock.advance(31s);
    EXPECT_FALSE(now().queue.stats().degraded) << now().queue.stats().last_error;
    EXPECT_EQ(start().deliveries(), 3);
}

TEST_F(QueueMovedTest, WhileAnOlderDatabaseCanOnlyBeRead) {
    stop();
    remove({"", "-wal", "-shm"});
    {
        SQLite::Database old{path(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
        old.exec(contents(FFL_TEST_DATA "/schema_v1.sql"));
    }
    disk.read_only = true;
    const auto pending = start().queue.pending("2");
    EXPECT_GT(pending, 0U);
    remove({""});
    disk.read_only = false;
    clock.advance(31s);
    EXPECT_FALSE(now().queue.stats().degraded) << now().queue.stats().last_error;
    EXPECT_EQ(now().number("PRAGMA user_version"), 2);
    EXPECT_EQ(now().queue.pending("2"), pending);
}

TEST_F(QueueMovedTest, IsNoticedWithoutEvents) {
    fs::remove(path());
    EXPECT_FALSE(run(loop, now().queue.prune(agent::Snapshot{})));
    clock.advance(1s);
    EXPECT_TRUE(fs::exists(path()));
    EXPECT_EQ(now().deliveries(), 3);
}

TEST_F(QueueMovedTest, NothingIsWrittenWhileAnotherHasTheQueue) {
    auto& run = now();
    const auto ours = std::make_shared<bool>(false); // the queue outlives this test's body
    run.queue.on_commit([ours]() -> Result<void> {
        return *ours ? Result<void>{} : common::fail(Fault::storage, "in use by process 7");
    });
    const auto refused = run.add({event("refused", {"1"})});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "in use by process 7");
    EXPECT_EQ(run.deliveries(), 3);
    *ours = true;
    clock.advance(1s);
    run.take({event("d", {"1"})});
}

} // namespace test

// The disk breaks under the running queue, or is broken when it starts: what can be read is
// delivered, once each, and everything is written as soon as that is possible.
#include "test/support/failing_disk.hpp"
#include "test/support/own_mounts.hpp"
#include "test/support/storage_fixture.hpp"

#include <csignal>
#include <map>
#include <sys/resource.h>

namespace test {

class BrokenDiskTest : public Storage {
  protected:
    ~BrokenDiskTest() override { stop(); } // before the disk goes
    /// Starts with events "0", "1", … accepted.
    OneRun& start_with(int events) {
        auto& run = start();
        std::vector<NewEvent> all;
        for (int i = 0; i < events; ++i) {
            all.push_back(event(std::to_string(i), {"1"}));
        }
        run.take(std::move(all));
        return run;
    }
    /// Delivers `count` of what there is, as a lane does, and counts each request.
    void deliver(std::size_t count) {
        while (count > 0) {
            auto batch = now().fresh({"1"}, read_to_, std::min<std::size_t>(count, 40));
            if (batch.deliveries.empty()) {
                return;
            }
            for (const auto& one : batch.deliveries) {
                ++sent_[one.event_id];
                now().delivered(one);
                read_to_ = one.id;
                --count;
            }
            clock.advance(300ms);
        }
    }
    void expect_each_sent_once(std::size_t events) {
        EXPECT_EQ(sent_.size(), events);
        for (const auto& [id, times] : sent_) {
            EXPECT_EQ(times, 1) << id;
        }
    }
    /// With what is wrong now: nothing is accepted, all of 300 is delivered, lists show what is
    /// left. Once `mend` has run all of it is on disk.
    void expect_it_drains(const std::function<void()>& mend) {
        auto& run = now();
        const auto refused = run.add({event("refused", {"1"})});
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().fault, Fault::storage);
        clock.advance(1s); // until it has found out what can still be read
        const auto retry = run.fresh({"1"}, 0, 1).deliveries.at(0);
        run.failed(retry, run.queue.queue_time() + 20'000);
        ++sent_[retry.event_id];
        read_to_ = retry.id;
        deliver(100);
        EXPECT_TRUE(run.queue.stats().degraded);
        EXPECT_EQ(run.list().size(), 200U) << "what was delivered is not pending";
        EXPECT_EQ(run.queue.pending("1"), 200U);
        EXPECT_FALSE(run.show(retry.id + 65536)) << "delivered";
        EXPECT_EQ(run.show(retry.id).value().attempts, 1U);
        EXPECT_FALSE(test::run(loop, run.queue.edit(Edit::drop, {})));
        EXPECT_FALSE(test::run(loop, run.queue.prune({})));
        read_to_ = 0; // a lane whose webhooks changed reads everything again
        deliver(1'000);
        EXPECT_EQ(run.queue.pending("1"), 1U);
        clock.advance(20s);
        auto due = run.due({"1"});
        ASSERT_EQ(events_of(due.deliveries), (std::vector<std::string>{"0"}));
        EXPECT_EQ(due.deliveries[0].attempts, 1U);
        EXPECT_TRUE(run.fresh({"1"}, 0).deliveries.empty());
        EXPECT_TRUE(run.queue.stats().degraded);
        mend();
        run.edits.clear();
        clock.advance(31s);
        EXPECT_FALSE(run.queue.stats().degraded) << run.queue.stats().last_error;
        EXPECT_EQ(run.deliveries(), 1) << "outcomes are written first";
        EXPECT_EQ(run.number("SELECT attempts FROM delivery"), 1);
        EXPECT_TRUE(run.fresh({"1"}, 0).deliveries.empty());
        EXPECT_EQ(run.queue.pending("1"), 1U);
        EXPECT_TRUE(run.queue.quarantined().empty());
        run.take({event("after", {"1"})});
        expect_each_sent_once(300);
    }

    FailingDisk disk;
    std::map<std::string, int> sent_;
    std::int64_t read_to_ = 0;
};

TEST_F(BrokenDiskTest, DrainsThoughNothingCanBeWritten) {
    start_with(300);
    disk.writes = false;
    expect_it_drains([this] { disk.writes = true; });
}

TEST_F(BrokenDiskTest, DrainsThoughTheDiskBecameReadOnly) {
    start_with(300);
    disk.read_only = true;
    expect_it_drains([this] { disk.read_only = false; });
}

// Fault: the disk is read-only or fails | what can be read is delivered, once
TEST_F(BrokenDiskTest, DrainsThoughNothingReachesTheDisk) {
    start_with(300);
    disk.syncs = false;
    expect_it_drains([this] { disk.syncs = true; });
}

TEST_F(BrokenDiskTest, DrainsThoughTheIndexOfTheWalIsLost) {
    start_with(300);
    disk.read_only = true;
    disk.indexes = false;
    expect_it_drains([this] {
        disk.read_only = false;
        disk.indexes = true;
    });
}

TEST_F(BrokenDiskTest, CountsEqualTheRowsWhileSyncsFail) {
    auto& run = start_with(20);
    disk.syncs = false;
    for (int i = 0; i < 5; ++i) {
        EXPECT_FALSE(run.add({event("refused " + std::to_string(i), {"1"})}));
        EXPECT_EQ(run.queue.pending("1"), 20U);
        EXPECT_EQ(run.deliveries(), 20);
        EXPECT_EQ(run.list().size(), 20U);
        clock.advance(1s);
    }
    disk.syncs = true;
    clock.advance(1s);
    run.take({event("after", {"1"})});
    EXPECT_EQ(run.deliveries(), 21);
    EXPECT_EQ(start().queue.pending("1"), 21U) << "nor do refused ones come back";
}

TEST_F(BrokenDiskTest, StartsOnAReadOnlyDisk) {
    const auto mounted = folder.file("disk");
    std::filesystem::create_directory(mounted);
    if (!mount_disk(mounted, "size=12m")) {
        GTEST_SKIP() << "mounting a file system is not allowed here";
    }
    config.queue.path = mounted + "/agent.db";
    start_with(300);
    // A power cut: the rows are in the WAL, and its index is gone.
    const auto copies = folder.file("copies");
    std::filesystem::create_directory(copies);
    for (const auto* file : {"/agent.db", "/agent.db-wal"}) {
        std::filesystem::copy_file(mounted + file, copies + file);
    }
    stop();
    for (const auto* file : {"/agent.db", "/agent.db-wal"}) {
        std::filesystem::copy_file(copies + file, mounted + file,
                                   std::filesystem::copy_options::overwrite_existing);
    }
    ASSERT_TRUE(make_read_only(mounted, true));
    start();
    EXPECT_TRUE(now().queue.stats().degraded);
    EXPECT_NE(now().queue.stats().last_error, "");
    expect_it_drains([&] { ASSERT_TRUE(make_read_only(mounted, false)); });
    stop();
    ::umount2(mounted.c_str(), MNT_DETACH);
}

TEST_F(BrokenDiskTest, StartsOnAReadOnlyDiskWithAnOlderDatabase) {
    const auto mounted = folder.file("disk");
    std::filesystem::create_directory(mounted);
    if (!mount_disk(mounted, "size=12m")) {
        GTEST_SKIP() << "mounting a file system is not allowed here";
    }
    config.queue.path = mounted + "/agent.db";
    {
        SQLite::Database old{config.queue.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
        old.exec(contents(FFL_TEST_DATA "/schema_v1.sql"));
    }
    ASSERT_TRUE(make_read_only(mounted, true));
    auto& run = start();
    EXPECT_TRUE(run.queue.stats().degraded);
    EXPECT_EQ(run.queue.pending("2"), 1U);
    const auto fresh = run.fresh({"2"}).deliveries;
    ASSERT_EQ(events_of(fresh), (std::vector<std::string>{"4589691150480880065"}));
    EXPECT_EQ(run.list().size(), 3U);
    run.delivered(fresh[0]);
    ASSERT_TRUE(make_read_only(mounted, false));
    clock.advance(20s);
    EXPECT_FALSE(run.queue.stats().degraded) << run.queue.stats().last_error;
    EXPECT_EQ(run.number("PRAGMA user_version"), 2);
    EXPECT_EQ(run.deliveries(), 2);
    stop();
    ::umount2(mounted.c_str(), MNT_DETACH);
}

// Fault: the disk is read-only or fails | what can be read is delivered, also from the start on
TEST_F(BrokenDiskTest, StartsOnADiskThatTakesNoWrites) {
    start_with(300);
    stop();
    disk.writes = false;
    disk.read_only = true;
    disk.indexes = false;
    start();
    expect_it_drains([this] { disk.writes = disk.indexes = !(disk.read_only = false); });
}

TEST_F(BrokenDiskTest, WaitsForRoomForASalvage) {
    start();
    for (int i = 0; i < 200; ++i) {
        now().take({event(std::to_string(i), {"1"}, "\"" + std::string(3'000, 'a') + "\"")});
    }
    stop();
    {
        std::fstream file{config.queue.path, std::ios::binary | std::ios::in | std::ios::out};
        file.seekp(4096 * 100);
        file << std::string(4096, '\xee');
    }
    const auto before = contents(config.queue.path);
    struct ::rlimit limit {};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    ::signal(SIGXFSZ, SIG_IGN);
    const auto restored = limit;
    limit.rlim_cur = 0; // as on a full disk
    ::setrlimit(RLIMIT_FSIZE, &limit);
    auto& run = start();
    const auto refused = run.add({event("refused", {"1"})});
    clock.advance(60s);
    const auto stats = run.queue.stats();
    ::setrlimit(RLIMIT_FSIZE, &restored);
    EXPECT_FALSE(refused);
    EXPECT_TRUE(stats.degraded);
    EXPECT_TRUE(contents(config.queue.path) == before) << "left as it is";
    EXPECT_TRUE(run.queue.quarantined().empty());
    clock.advance(31s);
    EXPECT_FALSE(run.queue.stats().degraded) << run.queue.stats().last_error;
    EXPECT_EQ(run.queue.quarantined().size(), 1U);
    EXPECT_GT(run.queue.pending("1"), 100U);
    EXPECT_EQ(run.fresh({"1"}, 0, 1'000).deliveries.size(), run.queue.pending("1"));
    EXPECT_TRUE(run.add({event("new", {"1"})}));
}

TEST_F(BrokenDiskTest, JudgesTheWalBeforeItTrustsIt) {
    auto& run = start();
    for (int i = 0; i < 50; ++i) {
        run.take({event(std::to_string(i), {"1"})});
    }
    disk.writes = false;
    EXPECT_FALSE(run.add({event("refused", {"1"})}));
    const auto wal = config.queue.path + "-wal";
    const auto frames = (std::filesystem::file_size(wal) - 32) / (4096 + 24);
    {
        std::fstream file{wal, std::ios::binary | std::ios::in | std::ios::out};
        file.seekp(static_cast<std::streamoff>(32 + frames / 2 * (4096 + 24) + 2'000));
        file << std::string(64, '\xee');
    }
    disk.writes = true;
    clock.advance(1s);
    EXPECT_FALSE(run.queue.stats().degraded) << run.queue.stats().last_error;
    EXPECT_FALSE(run.queue.quarantined().empty());
    EXPECT_GE(run.queue.pending("1"), 48U);
}

TEST_F(BrokenDiskTest, ABadSectorIsDamage) {
    auto& run = start();
    for (int i = 0; i < 200; ++i) {
        run.take({event(std::to_string(i), {"1"}, "\"" + std::string(3'000, 'a') + "\"")});
    }
    run.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    const auto middle = std::filesystem::file_size(config.queue.path) / 4096 / 2 * 4096;
    run.database.run_now(
        [](common::Connection& connection) { connection.handle().exec("PRAGMA shrink_memory"); });
    disk.bad_from = static_cast<std::int64_t>(middle);
    disk.bad_to = disk.bad_from + 4096 * 3;
    for (int i = 0; i < 10 && run.queue.quarantined().empty(); ++i) {
        (void)test::run(loop, run.queue.fresh({"1"}, 0, {1'000}));
        clock.advance(2s);
    }
    disk.bad_to = 0; // the new file lies elsewhere
    EXPECT_EQ(run.queue.quarantined().size(), 1U);
    EXPECT_FALSE(run.queue.stats().degraded) << run.queue.stats().last_error;
    EXPECT_GT(run.queue.pending("1"), 150U);
    EXPECT_TRUE(run.add({event("new", {"1"})}));
}

// Fault: the disk is read-only or fails | it stands still before it forgets what was delivered
TEST_F(BrokenDiskTest, StopsDeliveringBeforeItForgets) {
    auto& run = start_with(3);
    disk.writes = false;
    EXPECT_FALSE(run.add({event("refused", {"1"})}));
    const std::string error(500, 'x');
    for (std::int64_t id = 1'000'000'000; id < 1'000'050'000; ++id) {
        run.queue.record({id, "other", Outcome::Kind::dead, 1, 0, 500, error, false});
    }
    EXPECT_FALSE(test::run(loop, run.queue.fresh({"1"}, 0, {10})));
    EXPECT_FALSE(test::run(loop, run.queue.due({"1"}, {10})));
    EXPECT_EQ(run.list().size(), 3U) << "reading is no delivery";
    disk.writes = true;
    clock.advance(3s);
    EXPECT_FALSE(run.queue.stats().degraded);
    EXPECT_EQ(run.fresh({"1"}).deliveries.size(), 3U);
}

TEST_F(BrokenDiskTest, AFullDiskAfterAnErrorDrainsToo) {
    auto& run = start_with(300);
    disk.writes = false;
    EXPECT_FALSE(run.add({event("refused", {"1"})}));
    disk.writes = true;
    disk.full = true;
    deliver(1'000);
    clock.advance(3s);
    expect_each_sent_once(300);
    disk.full = false;
    clock.advance(3s);
    EXPECT_FALSE(run.queue.stats().degraded) << run.queue.stats().last_error;
    EXPECT_EQ(run.deliveries(), 0);
}

} // namespace test

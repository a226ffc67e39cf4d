#include "agent/store/queue_time.hpp"

#include "agent/store/stored_time.hpp"
#include "test/support/storage_fixture.hpp"

namespace test {

using agent::QueueTime;

namespace {

constexpr auto ten_years = std::chrono::hours{24 * 3652};

} // namespace

class QueueTimeTest : public Storage {
  protected:
    /// Ends the run, lets `off` pass without the agent, and begins the next run.
    std::int64_t restart_after(common::Millis off) {
        stop();
        clock.advance(off);
        return start().queue.queue_time();
    }
    /// The same with a new boot, whose monotonic clock is unrelated to the old one.
    std::int64_t reboot_after(common::Millis off, bool synchronized = true) {
        stop();
        clock.advance(off);
        const auto wall = clock.wall();
        clock.advance(17h);
        clock.set_wall(wall);
        clock.set_boot_id("boot-" + std::to_string(++boots_));
        clock.set_synchronized(synchronized);
        return start().queue.queue_time();
    }

  private:
    int boots_ = 1;
};

TEST_F(QueueTimeTest, BeginsFarFromZeroAndRunsWithTheMonotonicClock) {
    auto& run = start();
    EXPECT_EQ(run.queue.queue_time(), QueueTime::first);
    clock.advance(1'234ms);
    EXPECT_EQ(run.queue.queue_time(), QueueTime::first + 1'234);
    clock.set_wall(clock.wall() + ten_years);
    EXPECT_EQ(run.queue.queue_time(), QueueTime::first + 1'234);
    clock.set_wall(clock.wall() - 2 * ten_years);
    EXPECT_EQ(run.queue.queue_time(), QueueTime::first + 1'234);
}

TEST_F(QueueTimeTest, ContinuesWithinABootWhateverTheWallClockSays) {
    start();
    const auto before = now().queue.queue_time();
    clock.set_wall(clock.wall() - ten_years);
    EXPECT_EQ(restart_after(5min), before + 300'000);
    clock.set_wall(clock.wall() + 2 * ten_years);
    EXPECT_EQ(restart_after(5min), before + 600'000);
}

TEST_F(QueueTimeTest, ContinuesAcrossBootsIfTheWallClockIsSynchronised) {
    start();
    const auto before = now().queue.queue_time();
    EXPECT_EQ(reboot_after(8h), before + 8 * 3'600'000);
}

TEST_F(QueueTimeTest, StandsStillAcrossBootsOtherwise) {
    start();
    const auto before = now().queue.queue_time();
    EXPECT_EQ(reboot_after(8h, false), before) << "not synchronised now";
    clock.set_synchronized(false);
    start();
    const auto later = now().queue.queue_time();
    EXPECT_EQ(reboot_after(8h, true), later) << "not synchronised then";
}

TEST_F(QueueTimeTest, NeverGoesBack) {
    start();
    const auto before = now().queue.queue_time();
    stop();
    clock.set_wall(clock.wall() - ten_years);
    EXPECT_EQ(reboot_after(1h), before) << "the wall clock was set back while the agent was off";
}

TEST_F(QueueTimeTest, IsNotBelowTheNewestEvent) {
    auto& run = start();
    run.take({event("a", {"1"})});
    clock.advance(9s); // the next anchor is due after 10 s
    run.take({event("b", {"1"})});
    const auto accepted = run.offered.back().accepted_at;
    // A crash: the files of this moment, opened after a reboot.
    std::filesystem::copy_file(config.queue.path, folder.file("after.db"));
    std::filesystem::copy_file(config.queue.path + "-wal", folder.file("after.db-wal"));
    stop();
    config.queue.path = folder.file("after.db");
    clock.set_boot_id("another");
    clock.set_synchronized(false);
    EXPECT_EQ(start().queue.queue_time(), accepted);
}

TEST_F(QueueTimeTest, IsSavedEveryTenSecondsAlongWithOtherWrites) {
    auto& run = start();
    const auto saved = [&] {
        return run.number(
            "SELECT json_extract(value, '$.queue') FROM meta WHERE key = 'queue_time'");
    };
    run.take({event("a", {"1"})});
    const auto first = saved();
    EXPECT_EQ(first, run.queue.queue_time());
    clock.advance(9'999ms);
    run.take({event("b", {"1"})});
    EXPECT_EQ(saved(), first);
    clock.advance(1ms);
    EXPECT_EQ(saved(), first) << "an anchor alone is not worth a write";
    run.take({event("c", {"1"})});
    EXPECT_EQ(saved(), run.queue.queue_time());
}

TEST_F(QueueTimeTest, KeepsAWaitAcrossARebootWithAWrongClock) {
    auto& run = start();
    run.take({event("a", {"1"})});
    run.failed(run.offered[0], run.queue.queue_time() + 100'000);
    clock.set_wall(common::WallTime{});
    reboot_after(1min, false);
    EXPECT_TRUE(now().due({"1"}).deliveries.empty());
    clock.advance(100s);
    EXPECT_EQ(now().due({"1"}).deliveries.size(), 1U);
}

TEST_F(QueueTimeTest, IsReadWithoutAnAgent) {
    start();
    const auto before = now().queue.queue_time();
    stop();
    clock.advance(1min);
    auto connection = common::Connection::open_read_only(config.queue.path);
    ASSERT_TRUE(connection) << connection.error().message;
    EXPECT_EQ(agent::read_queue_time(**connection, clock), before + 60'000);
}

TEST_F(QueueTimeTest, IgnoresAnUnreadableAnchor) {
    start();
    for (const auto* value : {"", "[]", "{\"queue\":5}", "{\"queue\":\"x\",\"boot_id\":3}",
                              "{\"queue\":2000000,\"boot_id\":3}"}) {
        SCOPED_TRACE(value);
        now().execute("UPDATE meta SET value = '" + std::string{value} +
                      "' WHERE key = 'queue_time'");
        auto connection = common::Connection::open_read_only(config.queue.path);
        ASSERT_TRUE(connection);
        EXPECT_FALSE(agent::read_anchor(**connection));
    }
}

} // namespace test

// A disk of a few MiB that fills up: a real file system that only this program sees.
#include "test/support/own_mounts.hpp"
#include "test/support/storage_fixture.hpp"

#include <sys/statvfs.h>

namespace test {

class SmallDiskTest : public Storage {
  protected:
    void SetUp() override {
        std::filesystem::create_directory(disk_);
        if (!mount_disk(disk_, "size=12m")) {
            GTEST_SKIP() << "mounting a file system is not allowed here";
        }
        config.queue.path = disk_ + "/agent.db";
        config.queue.max_size = std::uint64_t{1} << 30;
    }
    void TearDown() override {
        stop();
        ::umount2(disk_.c_str(), MNT_DETACH);
    }

    std::uint64_t free_bytes() {
        struct ::statvfs system {};
        ::statvfs(disk_.c_str(), &system);
        return std::uint64_t{system.f_bavail} * system.f_frsize;
    }
    /// Adds events without a pause until one is refused.
    void fill(std::size_t body) {
        for (int i = 0; i < 100'000; ++i) {
            std::vector<NewEvent> events;
            for (std::size_t bytes = 0; bytes < 20'000; bytes += body) {
                events.push_back(event("fill " + std::to_string(count_++), {"1"},
                                       "\"" + std::string(body, 'x') + "\""));
            }
            const auto added = now().add(std::move(events));
            if (!added) {
                EXPECT_EQ(added.error().fault, Fault::full) << added.error().message;
                return;
            }
            least_free_ = std::min(least_free_, free_bytes());
        }
        ADD_FAILURE() << "it never became full";
    }
    /// Another program uses up what is left.
    void take_the_rest() {
        std::ofstream file{others_, std::ios::binary};
        const std::string block(4096, 'x');
        while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
        }
        ASSERT_EQ(free_bytes(), 0U);
    }
    void deliver_all() {
        for (const auto& one : now().offered) {
            now().delivered(one);
        }
        now().offered.clear();
    }
    void prune() { test::run(loop, now().queue.prune({})); }

    std::string others_ = folder.file("disk") + "/others";
    std::uint64_t least_free_ = UINT64_MAX;

  private:
    std::string disk_ = folder.file("disk");
    int count_ = 0;
};

TEST_F(SmallDiskTest, LeavesMinFree) {
    for (const std::size_t body : {60'000U, 300U}) {
        SCOPED_TRACE(body);
        config.queue.min_free = 2 << 20;
        auto& run = start();
        fill(body);
        EXPECT_GE(least_free_, config.queue.min_free);
        EXPECT_LT(least_free_, config.queue.min_free + (3 << 20)) << "and not much more";
        EXPECT_FALSE(run.queue.stats().degraded);
        run.edit(Edit::drop, {});
        prune();
    }
}

TEST_F(SmallDiskTest, ReturnsWhatItFilledItself) {
    for (const std::uint64_t min_free : {1 << 20, 0}) {
        for (const std::size_t body : {60'000U, 300U}) {
            SCOPED_TRACE(std::to_string(min_free) + " " + std::to_string(body));
            config.queue.min_free = min_free;
            auto& run = start();
            fill(body);
            deliver_all();
            clock.advance(3s);
            EXPECT_FALSE(run.queue.stats().degraded) << run.queue.stats().last_error;
            EXPECT_EQ(run.deliveries(), 0);
            EXPECT_TRUE(run.add({event("after", {"1"})}));
            deliver_all();
            run.pass();
            prune();
            EXPECT_GT(free_bytes(), 6U << 20);
        }
    }
}

// Fault: the disk is full | what is pending is delivered and recorded
TEST_F(SmallDiskTest, DrainsWhileOthersFillTheDisk) {
    for (const std::size_t body : {60'000U, 300U}) {
        SCOPED_TRACE(body);
        config.queue.min_free = 1 << 20;
        auto& run = start();
        fill(body);
        take_the_rest();
        EXPECT_FALSE(run.add({event("no room", {"1"})}));
        const auto before = run.offered.size();
        run.failed(run.offered.back(), run.queue.queue_time() + 100'000);
        run.offered.pop_back();
        deliver_all();
        clock.advance(5s);
        EXPECT_FALSE(run.queue.stats().degraded) << run.queue.stats().last_error;
        EXPECT_EQ(run.deliveries(), 1) << "of " << before;
        prune();
        EXPECT_GT(free_bytes(), 2U << 20);
        EXPECT_TRUE(run.add({event("room again", {"1"})}));
        std::filesystem::remove(others_);
        run.edit(Edit::drop, {});
        prune();
    }
}

// Fault: the disk is full | it starts and delivers
TEST_F(SmallDiskTest, StartsWhenNoSpaceIsLeft) {
    start();
    fill(300);
    const auto pending = now().queue.stats().pending;
    stop();
    take_the_rest();
    auto& run = start();
    EXPECT_FALSE(run.opened.salvaged);
    EXPECT_EQ(run.queue.stats().pending, pending);
    auto batch = run.fresh({"1"}, 0, 1'000'000);
    ASSERT_GT(batch.deliveries.size(), 100U);
    run.offered = std::move(batch.deliveries);
    deliver_all();
    clock.advance(3s);
    EXPECT_FALSE(run.queue.stats().degraded) << run.queue.stats().last_error;
    EXPECT_EQ(run.queue.stats().pending, static_cast<std::uint64_t>(run.deliveries()));
}

TEST_F(SmallDiskTest, ServesAnOlderDatabaseThatThereIsNoRoomToRenew) {
    {
        SQLite::Database old{config.queue.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
        old.exec(contents(FFL_TEST_DATA "/schema_v1.sql"));
    }
    take_the_rest();
    auto& run = start();
    EXPECT_TRUE(run.queue.stats().degraded);
    EXPECT_EQ(run.queue.pending("2"), 1U);
    EXPECT_EQ(events_of(run.fresh({"2"}).deliveries),
              (std::vector<std::string>{"4589691150480880065"}));
    EXPECT_EQ(run.list().size(), 3U);
    EXPECT_EQ(run.number("PRAGMA user_version"), 1);
    std::filesystem::remove(others_);
    clock.advance(20s);
    EXPECT_FALSE(run.queue.stats().degraded) << run.queue.stats().last_error;
    EXPECT_EQ(run.number("PRAGMA user_version"), 2);
    run.take({event("new", {"1"})});
    EXPECT_EQ(run.deliveries(), 4);
}

TEST_F(SmallDiskTest, AnOperatorCanDropWhatFillsIt) {
    auto& run = start();
    fill(300);
    take_the_rest();
    EXPECT_GT(run.edit(Edit::drop, {}), 100U);
    EXPECT_FALSE(std::filesystem::exists(config.queue.path + "-reserve"))
        << "the reserve was given up";
    clock.advance(1s);
    prune();
    EXPECT_TRUE(run.add({event("room again", {"1"})}));
    EXPECT_TRUE(std::filesystem::exists(config.queue.path + "-reserve"));
}

} // namespace test

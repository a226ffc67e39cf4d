// The database refuses to write: nothing is lost, no answer is wrong, and it recovers by itself.
#include "test/support/storage_fixture.hpp"

#include <boost/asio/thread_pool.hpp>
#include <sys/resource.h>

namespace test {

class QueueDegradedTest : public Storage {
  protected:
    void refuse(const std::string& what) {
        now().execute("CREATE TRIGGER refuse BEFORE " + what +
                      " BEGIN SELECT RAISE(ABORT, 'refused by the test'); END");
    }
    void allow() { now().execute("DROP TRIGGER refuse"); }
};

TEST_F(QueueDegradedTest, AnswersAfterAFailedCommit) {
    auto& run = start();
    run.take({event("a", {"1"})});
    refuse("INSERT ON fresh_event");
    const auto refused = run.add({event("b", {"1"}), event("c", {})});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::storage);
    EXPECT_NE(refused.error().message.find("refused by the test"), std::string::npos);
    EXPECT_EQ(run.offered.size(), 1U);
    EXPECT_EQ(run.queue.pending("1"), 1U);
    auto stats = run.queue.stats();
    EXPECT_TRUE(stats.degraded);
    EXPECT_NE(stats.last_error.find("refused by the test"), std::string::npos);
    allow();
    EXPECT_FALSE(run.add({event("b", {"1"})})) << "not tried again at once";
    clock.advance(1s);
    EXPECT_FALSE(run.queue.stats().degraded) << "found out without a request";
    EXPECT_EQ(run.queue.stats().last_error, "");
    const auto accepted = run.take({event("b", {"1"}), event("c", {})});
    EXPECT_EQ(accepted.duplicates, 0U) << "what was refused is not a duplicate";
    EXPECT_EQ(accepted.deliveries, 1U);
    EXPECT_EQ(run.offered.size(), 2U);
    EXPECT_GT(run.offered[1].id, run.offered[0].id);
}

TEST_F(QueueDegradedTest, TriesAgainWithTheNextEventsAfterASecond) {
    auto& run = start();
    refuse("INSERT ON fresh_event");
    EXPECT_FALSE(run.add({event("a", {"1"})}));
    int answered = 0;
    for (int i = 0; i < 5; ++i) {
        clock.advance(500ms);
        answered += run.add({event(std::to_string(i), {"1"})}).has_value() ? 1 : 0;
    }
    EXPECT_EQ(answered, 0);
    allow();
    clock.advance(1s);
    EXPECT_TRUE(run.add({event("a", {"1"})}));
}

TEST_F(QueueDegradedTest, KeepsOutcomesUntilTheyCanBeWritten) {
    auto& run = start();
    for (int i = 0; i < 4; ++i) {
        run.take({event(std::to_string(i), {"1"})});
    }
    refuse("DELETE ON fresh_event");
    run.delivered(run.offered[0]);
    run.pass();
    EXPECT_TRUE(run.queue.stats().degraded);
    EXPECT_EQ(run.queue.stats().pending, 3U)
        << "what is delivered is not pending, whatever is on disk";
    run.delivered(run.offered[1]);
    run.failed(run.offered[2], run.queue.queue_time() + 500);
    EXPECT_EQ(events_of(run.fresh({"1"}, 0, 1).deliveries), (std::vector<std::string>{"3"}))
        << "deliveries continue";
    const auto due = run.due({"1"});
    EXPECT_TRUE(due.deliveries.empty());
    ASSERT_TRUE(due.next_due);
    EXPECT_GT(*due.next_due, run.queue.queue_time());
    clock.advance(5s);
    EXPECT_EQ(run.deliveries(), 4);
    const auto later = run.due({"1"});
    ASSERT_EQ(events_of(later.deliveries), (std::vector<std::string>{"2"})) << "so do retries";
    EXPECT_EQ(later.deliveries[0].attempts, 1U) << "the attempts made, not those written";
    EXPECT_FALSE(later.next_due) << "a lane must not spin";
    run.failed(later.deliveries[0], run.queue.queue_time() + 500, 2);
    EXPECT_TRUE(run.due({"1"}).deliveries.empty());
    clock.advance(500ms);
    EXPECT_EQ(run.due({"1"}).deliveries.at(0).attempts, 2U);
    allow();
    clock.advance(1s);
    EXPECT_FALSE(run.queue.stats().degraded);
    EXPECT_EQ(run.deliveries(), 2);
    EXPECT_EQ(events_of(run.due({"1"}).deliveries), (std::vector<std::string>{"2"}));
    EXPECT_EQ(run.queue.stats().pending, 2U);
}

TEST_F(QueueDegradedTest, AnOperatorsRetryCountsForWhatIsNotWritten) {
    auto& run = start();
    run.take({event("a", {"1"}), event("b", {"1"}), event("c", {"1"})});
    refuse("UPDATE ON delivery");
    run.failed(run.offered[0], run.queue.queue_time() + 100'000);
    run.died(run.offered[1]);
    run.pass();
    ASSERT_TRUE(run.queue.stats().degraded);
    EXPECT_EQ(run.queue.dead("1"), 1U);
    EXPECT_EQ(run.edit(Edit::retry, {{run.offered[0].id}, std::nullopt, std::nullopt}), 1U);
    EXPECT_EQ(events_of(run.due({"1"}).deliveries), (std::vector<std::string>{"a"}));
    EXPECT_EQ(run.edit(Edit::retry, {{}, DeliveryState::dead, "1"}), 1U);
    EXPECT_EQ(run.queue.dead("1"), 0U);
    const auto due = run.due({"1"}).deliveries;
    ASSERT_EQ(events_of(due), (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(due[0].attempts, 1U);
    EXPECT_EQ(due[1].attempts, 0U);
    allow();
    clock.advance(2s);
    EXPECT_FALSE(run.queue.stats().degraded);
    EXPECT_EQ(events_of(run.due({"1"}).deliveries), (std::vector<std::string>{"a", "b"}))
        << "and not at its old time";
    EXPECT_EQ(run.queue.pending("1"), 3U);
}

TEST_F(QueueDegradedTest, RecoversFromAFullDatabase) {
    auto& run = start();
    run.take({event("a", {"1"})});
    // SQLITE_FULL, as on a full disk.
    const auto limit = run.database.run_now([](common::Connection& connection) {
        const auto pages = connection.handle().execAndGet("PRAGMA page_count").getInt();
        connection.handle().exec("PRAGMA max_page_count = " + std::to_string(pages + 1));
        return pages;
    });
    ASSERT_TRUE(limit);
    const auto refused = run.add({event("b", {"1"}, "\"" + std::string(100'000, 'x') + "\"")});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::storage);
    EXPECT_TRUE(run.queue.stats().degraded);
    run.delivered(run.offered[0]);
    clock.advance(2s);
    EXPECT_FALSE(run.queue.stats().degraded) << "writing an outcome frees space";
    EXPECT_EQ(run.queue.stats().pending, 0U);
    run.database.run_now([](common::Connection& connection) {
        connection.handle().exec("PRAGMA max_page_count = 1000000");
    });
    EXPECT_TRUE(run.add({event("b", {"1"}, "\"" + std::string(100'000, 'x') + "\"")}));
}

// EFBIG, which SQLite reports as an I/O error like that of a broken disk: it is unknown what was
// written.
TEST_F(QueueDegradedTest, ReopensAfterAnIoError) {
    auto& run = start();
    run.take({event("a", {"1"}), event("b", {"1"})});
    struct ::rlimit before {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, SIG_IGN);
    struct ::rlimit limited {
        4'096, before.rlim_max
    };
    ::setrlimit(RLIMIT_FSIZE, &limited);
    const auto refused = run.add({event("c", {"1"})});
    run.delivered(run.offered[0]);
    clock.advance(3s);
    const bool degraded = run.queue.stats().degraded;
    ::setrlimit(RLIMIT_FSIZE, &before);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::storage);
    EXPECT_TRUE(degraded);
    run.edits.clear();
    clock.advance(2s);
    EXPECT_FALSE(run.queue.stats().degraded);
    EXPECT_EQ(run.queue.pending("1"), 1U);
    EXPECT_EQ(run.deliveries(), 1);
    EXPECT_EQ(run.take({event("c", {"1"})}).duplicates, 0U);
    EXPECT_EQ(events_of(run.fresh({"1"}).deliveries), (std::vector<std::string>{"b", "c"}));
    EXPECT_EQ(run.take({event("b", {"1"})}).duplicates, 1U);
}

TEST_F(QueueDegradedTest, WhatSurfacesAfterAReopenIsTrue) {
    auto& run = start();
    run.take({event("a", {"1"})});
    // As if a commit that was reported as failed had reached the disk: the row is there, but not
    // known.
    run.execute(
        "INSERT INTO event VALUES(500, 'b', 1, " + std::to_string(run.queue.queue_time()) +
        R"(, CAST('{"id":"b"}' AS BLOB)); INSERT INTO delivery VALUES(32768000, '1', 0, 0, 0, 0, '', ''))");
    run.database.close(); // and the connection is gone
    EXPECT_FALSE(run.add({event("c", {"1"})}));
    clock.advance(1s);
    EXPECT_FALSE(run.queue.stats().degraded);
    ASSERT_FALSE(run.edits.empty()) << "lanes must read back what there is";
    EXPECT_TRUE(run.edits[0].covers(32768000, "1"));
    EXPECT_EQ(run.queue.pending("1"), 2U);
    EXPECT_EQ(run.take({event("b", {"1"})}).duplicates, 1U);
    run.take({event("c", {"1"})});
    EXPECT_GT(run.offered.back().id, 32768000);
}

TEST_F(QueueDegradedTest, AFileDamagedWhileRunningIsSetAside) {
    auto& run = start();
    for (int i = 0; i < 200; ++i) {
        run.take({event(std::to_string(i), {"1"}, "\"" + std::string(3'000, 'a') + "\"")});
    }
    // Everything is moved into the file itself, then a page of it goes bad under the running agent.
    run.execute("PRAGMA wal_checkpoint(TRUNCATE)");
    const auto middle = std::filesystem::file_size(config.queue.path) / 4096 / 2 * 4096;
    {
        std::fstream file{config.queue.path, std::ios::binary | std::ios::in | std::ios::out};
        file.seekp(static_cast<std::streamoff>(middle));
        file << std::string(4096 * 3, '\xee');
    }
    run.database.run_now(
        [](common::Connection& connection) { connection.handle().exec("PRAGMA shrink_memory"); });
    for (int i = 0; i < 10 && agent::quarantined_files(config.queue.path).empty(); ++i) {
        (void)test::run(loop, run.queue.fresh({"1"}, 0, {1'000}));
        clock.advance(2s);
    }
    EXPECT_EQ(agent::quarantined_files(config.queue.path).size(), 1U);
    EXPECT_EQ(run.queue.quarantined(), agent::quarantined_files(config.queue.path));
    EXPECT_FALSE(run.queue.stats().degraded);
    EXPECT_GT(run.queue.pending("1"), 150U) << "what could be read is recovered";
    EXPECT_LT(run.queue.pending("1"), 200U);
    EXPECT_EQ(run.fresh({"1"}, 0, 1'000).deliveries.size(), run.queue.pending("1"));
    EXPECT_TRUE(run.add({event("new", {"1"})}));
}

TEST_F(QueueDegradedTest, RequestsAfterAFailedGroupAreAnsweredToo) {
    auto& run = start();
    refuse("INSERT ON event");
    int refused = 0;
    for (int i = 0; i < 4; ++i) {
        std::vector<NewEvent> one;
        one.push_back(event(std::to_string(i), {"1"},
                            "\"" + std::string(5 << 20, 'x') + "\"")); // each a group of its own
        common::asio::co_spawn(loop, run.queue.add(std::move(one)),
                               [&](auto, auto result) { refused += result ? 0 : 1; });
    }
    clock.settle();
    EXPECT_EQ(refused, 4);
}

// The database on a thread of its own, as in production: for the thread sanitizer.
TEST(QueueThreads, AnswersFromAThreadOfItsOwn) {
    const Folder folder;
    common::asio::io_context loop;
    common::asio::thread_pool thread{1};
    common::SystemClock clock{loop.get_executor()};
    agent::Config config;
    config.queue.path = folder.file("agent.db");
    config.queue.min_free = 0;
    config.queue.sync = common::Sync::normal;
    agent::Counters stats;
    common::Database database{loop.get_executor(), thread.get_executor()};
    ASSERT_TRUE(agent::open_database(database, config.queue.path, config.queue.sync));
    agent::Queue queue{loop.get_executor(), clock, database, config, stats};
    queue.load();
    common::TaskGroup group{loop.get_executor()};
    std::vector<Delivery> offered;
    queue.on_committed([&](std::vector<Delivery> deliveries) {
        for (auto& one : deliveries) {
            queue.record({one.id, one.webhook, Outcome::Kind::delivered, 1, 0, 200, "", false});
            offered.push_back(std::move(one));
        }
    });
    queue.start(group);
    int answered = 0;
    const auto done = [&] {
        if (++answered == 200) {
            auto flush = [](agent::Queue& box, common::TaskGroup& all) -> common::Task<> {
                co_await box.flush();
                all.cancel();
            };
            common::asio::co_spawn(loop, flush(queue, group), common::asio::detached);
        }
    };
    for (int i = 0; i < 200; ++i) {
        common::asio::co_spawn(loop, queue.add({event(std::to_string(i), {"1"})}),
                               [&](auto, auto result) {
                                   EXPECT_TRUE(result);
                                   done();
                               });
        common::asio::co_spawn(loop, queue.fresh({"1"}, 0, {10}), [](auto, auto) {});
    }
    loop.run();
    EXPECT_EQ(offered.size(), 200U);
    EXPECT_EQ(queue.stats().pending, 0U);
    database.close();
}

} // namespace test

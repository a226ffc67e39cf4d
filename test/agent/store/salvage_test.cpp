// Whatever state its file is in, the agent starts and keeps what can be read.
#include "test/agent/store/salvage_fixture.hpp"

#include "agent/store/damage.hpp"

#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace test {

TEST_F(SalvageTest, AGoodDatabaseIsLeftAlone) {
    make_database();
    auto& run = start();
    EXPECT_FALSE(run.opened.salvaged);
    EXPECT_TRUE(run.opened.quarantined.empty());
    EXPECT_EQ(run.queue.stats().pending, 2U * events - 1);
}

// Fault: the disk is read-only or fails | a WAL that cannot be read is waited for
TEST_F(SalvageTest, AWalThatCannotBeReadIsNotGivenUp) {
    auto& run = start();
    run.take({event("one", {"1"})});
    const auto& path = config.queue.path;
    const auto log = path + "-wal";
    const auto database = contents(path);
    const auto frames = contents(log);
    stop();
    write(path, database); // as a crash leaves them
    write(log, frames);
    const auto place = std::filesystem::path{path}.parent_path();
    ASSERT_EQ(::chmod(log.c_str(), 0), 0);
    const bool root = ::geteuid() == 0; // whom no mode binds
    if (root) {
        ASSERT_EQ(::chmod(place.c_str(), 0777), 0);
        ASSERT_EQ(::seteuid(65534), 0);
    }
    const auto damage = agent::find_damage(path, {});
    const auto salvaged = agent::salvage_file(path, "found while running", {});
    if (root) {
        ASSERT_EQ(::seteuid(0), 0);
    }
    EXPECT_EQ(damage.value_or(""), "");
    EXPECT_FALSE(salvaged);
    EXPECT_TRUE(set_aside().empty());
    ASSERT_EQ(::chmod(log.c_str(), 0600), 0);
    auto& again = start();
    EXPECT_FALSE(again.opened.salvaged);
    EXPECT_EQ(again.queue.stats().pending, 1U);
}

TEST_F(SalvageTest, AnEmptyFileIsANewDatabase) {
    auto& run = start_on("");
    EXPECT_FALSE(run.opened.salvaged);
    expect_serving(run);
}

TEST_F(SalvageTest, GarbageIsSetAside) {
    for (const auto& bytes :
         {std::string{"hello"}, std::string(20'000, '\0'), std::string(100'000, 'x')}) {
        SCOPED_TRACE(bytes.size());
        auto& run = start_on(bytes);
        EXPECT_TRUE(run.opened.salvaged);
        EXPECT_EQ(run.opened.deliveries_carried, 0U);
        expect_serving(run);
        stop();
        EXPECT_EQ(contents(set_aside().back()), bytes) << "unchanged";
    }
    EXPECT_EQ(set_aside().size(), 3U) << "also when set aside within one second";
    auto& run = start();
    EXPECT_FALSE(run.opened.salvaged);
    EXPECT_EQ(run.opened.quarantined.size(), 3U) << "reported as long as they exist";
}

TEST_F(SalvageTest, ADamagedPageLosesWhatWasOnIt) {
    const auto good = make_database();
    struct Case {
        const char* table;
        std::size_t least_deliveries;
    };
    for (const auto& [table, least] :
         {Case{"event", 2 * events - 40}, Case{"delivery", 2 * events},
          Case{"delivery_pending", 2 * events}, Case{"event_given", 2 * events},
          Case{"meta", 2 * events}, Case{"webhook", 2 * events}}) {
        write(config.queue.path, good);
        const auto pages = pages_of(table);
        ASSERT_FALSE(pages.empty()) << table;
        for (const char filler : {'\0', '\xff'}) {
            for (const auto number : {pages.front(), pages[pages.size() / 2], pages.back()}) {
                SCOPED_TRACE(std::string{table} + " page " + std::to_string(number));
                auto bad = good;
                bad.replace((number - 1) * page, page, std::string(page, filler));
                auto& run = start_on(bad);
                EXPECT_TRUE(run.opened.salvaged);
                EXPECT_GE(run.opened.deliveries_carried,
                          std::string_view{table} == "delivery" ? least - 60 : least);
                EXPECT_EQ(run.opened.webhooks_carried,
                          std::string_view{table} == "webhook" ? 0U : 2U);
                EXPECT_EQ(run.number("SELECT count(*) FROM meta WHERE key = 'list_fetched'"),
                          std::string_view{table} == "webhook" || std::string_view{table} == "meta"
                              ? 0
                              : 1);
                expect_serving(run);
                stop();
            }
        }
    }
}

TEST_F(SalvageTest, ADamagedPageOfFreshEventsLosesWhatWasOnIt) {
    constexpr int count = 250;
    {
        auto& run = start();
        for (int i = 0; i < count; ++i) {
            run.take({event(std::to_string(i), {"1", "2"}, "\"" + std::string(500, 'x') + "\"")});
        }
        for (int i = 100; i < 200; ++i) { // whole pages are free again
            run.delivered(run.offered[static_cast<std::size_t>(i)]);
        }
        run.pass();
        ASSERT_EQ(run.number("SELECT count(*) FROM fresh_event"), count - 50);
        stop();
    }
    const auto good = contents(config.queue.path);
    SQLite::Database look{config.queue.path, SQLite::OPEN_READONLY};
    const auto root = static_cast<std::size_t>(
        look.execAndGet("SELECT rootpage FROM sqlite_schema WHERE name = 'fresh_event'")
            .getInt64());
    const auto leaves = pages_of("fresh_event");
    for (const auto number : {root, leaves.front(), leaves[leaves.size() / 2], leaves.back()}) {
        for (const char filler : {'\0', '\xff'}) {
            SCOPED_TRACE(number);
            auto bad = good;
            bad.replace((number - 1) * page, page, std::string(page, filler));
            auto& run = start_on(bad);
            EXPECT_TRUE(run.opened.salvaged);
            EXPECT_LE(run.opened.deliveries_carried, 2U * (count - 50))
                << "what was delivered stays so";
            EXPECT_GE(run.opened.deliveries_carried, 2U * (count - 50) - (number == root ? 0 : 14));
            expect_serving(run);
            stop();
        }
    }
}

TEST_F(SalvageTest, RecoversPendingDeliveriesFromTheIndex) {
    auto bad = make_database();
    const auto pages = pages_of("delivery");
    ASSERT_GT(pages.size(), 2U);
    for (std::size_t i = 1; i < pages.size(); ++i) {
        bad.replace((pages[i] - 1) * page, page, std::string(page, '\0'));
    }
    auto& run = start_on(bad);
    EXPECT_GE(run.opened.deliveries_carried, 2U * events - 1);
    EXPECT_EQ(run.fresh({"2"}, 0, 1'000).deliveries.size(), events - 1U)
        << "all but the one with a retry";
}

TEST_F(SalvageTest, ReadsAFileWithoutItsFirstPage) {
    for (const char filler : {'\0', '\xff', 'S'}) {
        SCOPED_TRACE(static_cast<int>(filler));
        auto bad = make_database();
        bad.replace(0, page, std::string(page, filler));
        auto& run = start_on(bad);
        EXPECT_TRUE(run.opened.salvaged);
        EXPECT_EQ(run.opened.deliveries_carried, 2U * events);
        EXPECT_EQ(run.opened.webhooks_carried, 2U);
        expect_serving(run);
        const auto row = run.show(65537);
        ASSERT_TRUE(row);
        EXPECT_EQ(row->attempts, 7U);
        stop();
        EXPECT_FALSE(std::filesystem::exists(set_aside().back() + ".reading"));
        std::filesystem::remove(config.queue.path);
    }
}

TEST_F(SalvageTest, ReadsATruncatedFileAsFarAsItGoes) {
    const auto good = make_database();
    for (const std::size_t keep : {std::size_t{100}, page, 2 * page, good.size() / 2,
                                   good.size() - page, good.size() - 100}) {
        SCOPED_TRACE(keep);
        auto& run = start_on(good.substr(0, keep));
        EXPECT_TRUE(run.opened.salvaged);
        expect_serving(run);
        if (keep >= good.size() / 2) {
            EXPECT_GT(run.opened.deliveries_carried, 50U);
        }
    }
}

// Fault: damaged files | it starts by itself
TEST_F(SalvageTest, StartsAfterAnyBitFlips) {
    const auto good = make_database();
    std::uint64_t random = 88172645463325252ULL;
    const auto next = [&random] { // xorshift: the same bits in every run
        random ^= random << 13;
        random ^= random >> 7;
        return random ^= random << 17;
    };
    for (int round = 0; round < 40; ++round) {
        auto bad = good;
        for (int flips = 0; flips < 1 << (round % 8); ++flips) {
            const auto bit = static_cast<std::size_t>(next() % (bad.size() * 8));
            bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << (bit % 8)));
        }
        SCOPED_TRACE(round);
        write(config.queue.path, bad);
        common::Database database{loop.get_executor(), loop.get_executor()};
        const auto opened = agent::open_database(database, config.queue.path, config.queue.sync);
        // A flipped bit in user_version can look like a newer version, which is refused.
        EXPECT_TRUE(opened || opened.error().fault == Fault::config) << opened.error().message;
        database.close();
        for (const auto& file : agent::quarantined_files(config.queue.path)) {
            std::filesystem::remove(file);
        }
    }
}

TEST_F(SalvageTest, SalvagesTheWalToo) {
    auto& run = start();
    for (int i = 0; i < 20; ++i) {
        run.take({event(std::to_string(i), {"1"})});
    }
    // After a crash the rows are only in the WAL, and the main file is damaged as well.
    auto bad = contents(config.queue.path);
    const auto wal = contents(config.queue.path + "-wal");
    stop();
    std::filesystem::remove(config.queue.path);
    bad.replace(0, std::min(bad.size(), page), std::string(std::min(bad.size(), page), 'x'));
    write(config.queue.path + "-wal", wal);
    auto& next = start_on(bad);
    EXPECT_EQ(next.queue.pending("1"), 20U);
    expect_serving(next);
}

TEST_F(SalvageTest, AnOverwrittenWalIsDamage) {
    auto& run = start();
    for (int i = 0; i < 20; ++i) {
        if (i == 15) {
            run.execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }
        run.take({event(std::to_string(i), {"1"})});
    }
    const auto good = contents(config.queue.path);
    const auto wal = contents(config.queue.path + "-wal");
    ASSERT_GT(wal.size(), page);
    stop();
    write(config.queue.path + "-wal", std::string(wal.size(), '\x5a'));
    auto& next = start_on(good);
    EXPECT_TRUE(next.opened.salvaged);
    EXPECT_EQ(next.queue.pending("1"), 15U);
    ASSERT_EQ(set_aside().size(), 1U);
    EXPECT_EQ(contents(set_aside()[0] + "-wal"), std::string(wal.size(), '\x5a'));
    expect_serving(next);
    stop();
    std::filesystem::remove(set_aside()[0]);
    // What a power cut leaves of a WAL that was just created.
    for (const auto& torn : {std::string(wal_header + frame, '\0'), std::string{}, wal.substr(0, 2),
                             wal.substr(0, 40)}) {
        write(config.queue.path + "-wal", torn);
        EXPECT_FALSE(start_on(good).opened.salvaged) << torn.size();
    }
}

TEST_F(SalvageTest, TablesThatDoNotFitTheVersionAreDamage) {
    const auto good = make_database();
    struct Case {
        const char* sql;
        std::size_t deliveries, webhooks;
    };
    for (const auto& [sql, deliveries, webhooks] :
         {Case{"DROP TABLE delivery", 0, 2}, Case{"DROP TABLE webhook", 2 * events, 0},
          Case{"PRAGMA user_version = 0", 2 * events, 2},
          Case{"PRAGMA user_version = -1", 2 * events, 2},
          Case{"DROP INDEX delivery_pending", 2 * events, 2},
          Case{"ALTER TABLE cooldown DROP COLUMN until", 2 * events, 2},
          Case{"ALTER TABLE event RENAME COLUMN body TO b", 2 * events, 2}}) {
        SCOPED_TRACE(sql);
        stop();
        write(config.queue.path, good);
        SQLite::Database{config.queue.path, SQLite::OPEN_READWRITE}.exec(sql);
        auto& run = start();
        EXPECT_TRUE(run.opened.salvaged);
        EXPECT_EQ(run.opened.deliveries_carried, deliveries);
        EXPECT_EQ(run.opened.webhooks_carried, webhooks);
        expect_serving(run);
    }
    stop();
    write(config.queue.path, good);
    SQLite::Database{config.queue.path, SQLite::OPEN_READWRITE}.exec(
        "CREATE INDEX mine ON event(accepted_at); CREATE TABLE mine2(a)");
    EXPECT_FALSE(start().opened.salvaged) << "additional tables and indexes do no harm";
}

TEST_F(SalvageTest, IdsContinueAfterTheOldOnes) {
    auto bad = make_database();
    const auto pages = pages_of("event");
    bad.replace((pages[0] - 1) * page, page, std::string(page, '\0'));
    auto& run = start_on(bad);
    run.take({event("new", {"1"})});
    EXPECT_GT(run.offered[0].id, events * agent::deliveries_per_event);
}

// Fault: the disk is full | a salvage waits for room, and loses nothing
TEST_F(SalvageTest, LeavesTheFileIfNoNewOneCanBeWritten) {
    const std::string bytes(20'000, 'x');
    write(config.queue.path, bytes);
    struct ::rlimit before {};
    ::getrlimit(RLIMIT_FSIZE, &before);
    ::signal(SIGXFSZ, SIG_IGN);
    struct ::rlimit none {
        0, before.rlim_max
    };
    common::Database database{loop.get_executor(), loop.get_executor()};
    ::setrlimit(RLIMIT_FSIZE, &none); // as on a full disk
    const auto opened = agent::open_database(database, config.queue.path, common::Sync::full);
    ::setrlimit(RLIMIT_FSIZE, &before);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().fault, Fault::full) << opened.error().message;
    EXPECT_NE(opened.error().message.find("make room"), std::string::npos);
    EXPECT_TRUE(contents(config.queue.path) == bytes);
    EXPECT_TRUE(set_aside().empty());
    EXPECT_TRUE(start().opened.salvaged);
}

TEST_F(SalvageTest, ReportsErrorsThatAreNotDamage) {
    common::Database database{loop.get_executor(), loop.get_executor()};
    struct Case {
        std::string path, says;
    };
    std::filesystem::create_directory(folder.file("folder.db"));
    for (const auto& [path, says] : {Case{folder.file("folder.db"), "folder"},
                                     Case{folder.file("none/agent.db"), "no folder"}}) {
        SCOPED_TRACE(path);
        const auto opened = agent::open_database(database, path, common::Sync::full);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().fault, Fault::storage);
        EXPECT_NE(opened.error().message.find(path), std::string::npos) << opened.error().message;
        EXPECT_NE(opened.error().message.find(says), std::string::npos) << opened.error().message;
    }
}

} // namespace test

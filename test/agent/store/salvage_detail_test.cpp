// Damage that SQLite's quick check does not see, and files that are not what their names say.
#include "test/agent/store/salvage_fixture.hpp"

namespace test {

using SalvageDetailTest = SalvageTest;

TEST_F(SalvageDetailTest, AFlippedBitInAnIndexIsDamage) {
    const auto good = make_database();
    for (const auto* index : {"delivery_pending", "delivery_dead"}) {
        stop();
        write(config.queue.path, good);
        // In the last bytes of the first key: a wrong webhook, time or delivery.
        for (const auto place : {1, 2, 3}) {
            SCOPED_TRACE(std::string{index} + std::to_string(place));
            auto bad = good;
            auto& byte = bad[pages_of(index).back() * page - static_cast<std::size_t>(place)];
            byte = static_cast<char>(byte ^ 0x10);
            auto& run = start_on(bad);
            EXPECT_TRUE(run.opened.salvaged);
            EXPECT_EQ(run.opened.deliveries_carried, 2U * events);
            expect_serving(run);
            stop();
            write(config.queue.path, good);
        }
    }
}

TEST_F(SalvageDetailTest, AFlippedHeaderLosesNothing) {
    const auto good = make_database();
    struct Case {
        std::size_t at;
        std::string bytes;
    };
    for (const auto& [at, bytes] :
         {Case{47, "\x44"}, Case{16, {"\0\1", 2}}, Case{16, {"\2\0", 2}}, Case{31, "\x07"},
          Case{59, "\x02"}, Case{20, "\x10"}, Case{60, "\x40"}, Case{61, "\x40"}}) {
        SCOPED_TRACE(at);
        auto bad = good;
        bad.replace(at, bytes.size(), bytes);
        auto& run = start_on(bad);
        EXPECT_TRUE(run.opened.salvaged);
        EXPECT_EQ(run.opened.deliveries_carried, 2U * events);
        expect_serving(run);
    }
}

TEST_F(SalvageDetailTest, AFileThatOnlyHasTheNameOfANewDatabaseIsSetAside) {
    const auto good = make_database();
    const auto name = config.queue.path + ".salvaged-20260101T000000Z";
    for (const auto& bytes : {std::string{}, std::string(20'000, 'g'), good.substr(0, 3 * page)}) {
        SCOPED_TRACE(bytes.size());
        stop();
        write(name, bytes);
        auto& run = start_on(good);
        EXPECT_EQ(run.queue.stats().pending, 2U * events - 1);
        EXPECT_FALSE(run.opened.salvaged);
        EXPECT_FALSE(std::filesystem::exists(name));
        ASSERT_EQ(run.opened.quarantined.size(), 1U);
        EXPECT_EQ(contents(run.opened.quarantined[0]), bytes);
        stop();
        std::filesystem::remove(set_aside()[0]);
    }
    std::filesystem::create_directory(name);
    EXPECT_EQ(start_on(good).queue.stats().pending, 2U * events - 1);
    stop();
    // The damaged one had given way to it already: it comes back.
    std::filesystem::rename(config.queue.path, config.queue.path + ".corrupt-20250101T000000Z");
    write(config.queue.path + ".salvaged-20250101T000000Z", "garbage");
    EXPECT_EQ(start().queue.stats().pending, 2U * events - 1);
}

TEST_F(SalvageDetailTest, TheTableOfDeliveriesIsReadFromItsIndexes) {
    auto bad = make_database();
    SQLite::Database look{config.queue.path, SQLite::OPEN_READONLY};
    const auto root = static_cast<std::size_t>(
        look.execAndGet("SELECT rootpage FROM sqlite_schema WHERE name = 'delivery'").getInt64());
    // Local webhooks are not in the table of webhooks.
    const auto webhooks = pages_of("webhook");
    bad.replace((root - 1) * page, page, std::string(page, '\0'));
    bad.replace((webhooks[0] - 1) * page, page, std::string(page, '\0'));
    auto& run = start_on(bad);
    EXPECT_TRUE(run.opened.salvaged);
    EXPECT_EQ(run.opened.deliveries_carried, 2U * events);
    EXPECT_EQ(run.queue.stats().pending, 2U * events - 1);
    EXPECT_EQ(run.number("SELECT count(*) FROM delivery WHERE state = 1"), 1);
    expect_serving(run);
}

TEST_F(SalvageDetailTest, EventsAreReadWithoutTheRootOfTheirTable) {
    make_database();
    const std::string big(30'000, 'b'); // on overflow pages
    auto& before = start();
    before.take({event("big", {"1"}, R"({"text":")" + big + "\"}")});
    stop();
    auto bad = contents(config.queue.path);
    std::size_t root = 0;
    {
        SQLite::Database look{config.queue.path, SQLite::OPEN_READONLY};
        root = static_cast<std::size_t>(
            look.execAndGet("SELECT rootpage FROM sqlite_schema WHERE name = 'event'").getInt64());
    }
    bad.replace((root - 1) * page, page, std::string(page, '\xff'));
    auto& run = start_on(bad);
    EXPECT_TRUE(run.opened.salvaged);
    EXPECT_EQ(run.opened.deliveries_carried, 2U * events + 1);
    EXPECT_EQ(run.number("SELECT count(*) FROM event WHERE length(body) > 30000 AND event_id = "
                         "'big' AND given = 1"),
              1);
    EXPECT_EQ(run.number("SELECT count(*) FROM event WHERE accepted_at < 1000000"), 0);
    expect_serving(run);
}

TEST_F(SalvageDetailTest, TimesThatCannotBeTrueAreDueAndLostEventsAreDropped) {
    const auto good = make_database();
    struct Case {
        const char* sql;
        std::size_t due, pending;
    };
    for (const auto& [sql, due, pending] :
         {Case{"UPDATE delivery SET due = -9223372036854775807 - 1 WHERE state = 0 AND id / 65536 "
               "< 11",
               19, 2 * events - 1},
          Case{"UPDATE delivery SET due = 9223372036854775807 WHERE state = 0 AND id / 65536 < 11",
               19, 2 * events - 1},
          Case{"UPDATE delivery SET due = due + 315360000000 WHERE state = 0 AND id / 65536 < 11",
               19, 2 * events - 1},
          Case{"DELETE FROM event WHERE id BETWEEN 11 AND 20", 0, 2 * events - 21}}) {
        SCOPED_TRACE(sql);
        stop();
        write(config.queue.path, good);
        SQLite::Database{config.queue.path, SQLite::OPEN_READWRITE}.exec(sql);
        auto& run = start();
        EXPECT_FALSE(run.opened.salvaged);
        EXPECT_EQ(run.due({"1", "2"}).deliveries.size(), due);
        EXPECT_EQ(run.queue.stats().pending, pending);
        expect_serving(run);
    }
}

} // namespace test

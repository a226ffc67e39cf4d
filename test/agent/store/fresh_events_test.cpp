#include "agent/store/fresh_events.hpp"

#include "agent/store/offline_queue.hpp"
#include "test/support/storage_fixture.hpp"

#include <nlohmann/json.hpp>

namespace test {

namespace {

class FreshEventsTest : public Storage {
  protected:
    static std::int64_t fresh_rows(OneRun& run) {
        return run.number("SELECT count(*) FROM fresh_event");
    }
    static std::int64_t rows(OneRun& run) {
        return run.number("SELECT (SELECT count(*) FROM event) + (SELECT count(*) FROM delivery)");
    }
    static std::vector<std::int64_t> listed(OneRun& run, agent::RowQuery query = {}) {
        std::vector<std::int64_t> ids;
        for (;;) {
            const auto page = run_on(run, query);
            for (const auto& row : page.rows) {
                ids.push_back(row.id);
            }
            if (!page.next) {
                return ids;
            }
            query.after = *page.next;
        }
    }
    static agent::RowPage run_on(OneRun& run, const agent::RowQuery& query) {
        const auto now = run.queue.queue_time();
        return *run.database.run_now(
            [&](auto& connection) { return agent::read_rows(connection, query, now); });
    }
};

TEST_F(FreshEventsTest, WhatIsDeliveredAtOnceNeverEntersAnIndex) {
    auto& run = start();
    run.take({event("a", {"1", "2", "3"})});
    ASSERT_EQ(run.offered.size(), 3U);
    EXPECT_EQ(fresh_rows(run), 1);
    run.delivered(run.offered[1]);
    run.pass();
    EXPECT_EQ(run.deliveries(), 2);
    EXPECT_EQ(events_of(run.fresh({"1", "2", "3"}).deliveries).size(), 2U);
    EXPECT_EQ(run.queue.stats().pending, 2U);
    run.delivered(run.offered[1]); // once more: changes nothing
    run.delivered(run.offered[0]);
    run.delivered(run.offered[2]);
    run.pass();
    EXPECT_EQ(run.events(), 0);
    EXPECT_EQ(rows(run), 0);
    EXPECT_EQ(run.queue.stats().pending, 0U);
}

TEST_F(FreshEventsTest, LeaveWithTheirFirstFailure) {
    auto& run = start();
    run.take({event("a", {"1", "2", "3"})});
    run.delivered(run.offered[0]);
    run.failed(run.offered[1], run.queue.queue_time() + 5'000);
    run.pass();
    EXPECT_EQ(fresh_rows(run), 0);
    EXPECT_EQ(run.number("SELECT count(*) FROM delivery"), 2);
    EXPECT_EQ(ids_of(run.fresh({"3"}).deliveries), std::vector{run.offered[2].id});
    run.died(run.offered[2]);
    run.pass();
    EXPECT_EQ(run.queue.dead("3"), 1U);
    clock.advance(5s);
    const auto due = run.due({"2"}).deliveries;
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(*due[0].event, *run.offered[1].event);
    EXPECT_EQ(due[0].attempts, 1U);
}

TEST_F(FreshEventsTest, OnlyTheNewestStay) {
    auto& run = start();
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 700; ++i) {
        run.take({event(std::to_string(i), {i % 3 == 0 ? "2" : "1"})});
        ids.push_back(run.offered.back().id);
        ASSERT_LE(fresh_rows(run), agent::most_fresh + 1);
    }
    EXPECT_EQ(run.events(), 700);
    EXPECT_GT(rows(run), 700);
    EXPECT_EQ(run.queue.pending("1") + run.queue.pending("2"), 700U);
    EXPECT_EQ(ids_of(run.fresh({"1", "2"}, 0, 1'000).deliveries), ids);
    const auto some = run.fresh({"2"}, ids[300], 10);
    EXPECT_TRUE(some.more);
    EXPECT_EQ(ids_of(some.deliveries).front(), ids[303]);

    EXPECT_EQ(listed(run), ids);
    auto newest = listed(run, {.limit = 7, .order = agent::RowOrder::newest});
    std::ranges::reverse(newest);
    EXPECT_EQ(newest, ids);
    EXPECT_EQ(listed(run, {.selection = {{}, DeliveryState::pending, "2"}}).size(), 234U);
    EXPECT_TRUE(listed(run, {.selection = {{}, DeliveryState::dead, {}}}).empty());
    EXPECT_EQ(listed(run, {.event_id = "699"}), std::vector{ids[699]});
    EXPECT_EQ(listed(run, {.event_id = "3"}), std::vector{ids[3]});
    EXPECT_EQ(run.show(ids[699])->next_attempt_ms, 0);
    EXPECT_EQ(run.show(ids[699])->event, *run.offered[699].event);
}

TEST_F(FreshEventsTest, OfManyThatComeAtOnceTheLastStay) {
    auto& run = start();
    std::vector<NewEvent> many;
    many.reserve(1'000);
    for (int i = 0; i < 1'000; ++i) {
        many.push_back(event(std::to_string(i), {"1"}));
    }
    run.take(std::move(many));
    EXPECT_EQ(fresh_rows(run), agent::most_fresh / 2);
    const auto ids = ids_of(run.offered);
    // A lane reads them piece by piece, across the border between the tables.
    std::vector<std::int64_t> read;
    for (bool more = true; more;) {
        const auto batch = run.fresh({"1"}, read.empty() ? 0 : read.back(), 99);
        more = batch.more;
        std::ranges::copy(ids_of(batch.deliveries), std::back_inserter(read));
    }
    EXPECT_EQ(read, ids);
    const std::string big(4'000, 'x'); // never among the fresh ones, but newer than some of them
    run.take({event("big", {"1"}, "\"" + big + "\"")});
    run.take({event("small", {"1"})});
    EXPECT_EQ(events_of(run.fresh({"1"}, ids[995], 6).deliveries),
              (std::vector<std::string>{"996", "997", "998", "999", "big", "small"}));
    const auto some = run.fresh({"1"}, ids[995], 4);
    EXPECT_EQ(events_of(some.deliveries), (std::vector<std::string>{"996", "997", "998", "999"}));
    EXPECT_TRUE(some.more);
}

TEST_F(FreshEventsTest, AgesAreThoseOfTheEvents) {
    auto& run = start();
    const std::string big(4'000, 'x'); // never among the fresh ones
    run.take({event("old", {"1"})});
    clock.advance(10s);
    run.take({event("fresh", {"1"})});
    run.take({event("big", {"1"}, "\"" + big + "\"")});
    EXPECT_EQ(fresh_rows(run), 2);
    const auto young = listed(run, {.max_age = 5s});
    EXPECT_EQ(young, (std::vector{run.offered[1].id, run.offered[2].id}));
    EXPECT_EQ(run.queue.stats().oldest_ms, 10'000);
    run.delivered(run.offered[0]);
    run.pass();
    EXPECT_LT(run.queue.stats().oldest_ms, 2'000);
}

TEST_F(FreshEventsTest, LargeEventsAndThoseForManyAreNeverAmongThem) {
    auto& run = start();
    run.take({event("big", {"1"}, "\"" + std::string(3'500, 'x') + "\"")});
    run.take({event("many", {"1", "2", "3", "4", "5", "6", "7", "8", "9"})});
    EXPECT_EQ(fresh_rows(run), 0);
    EXPECT_EQ(run.deliveries(), 10);
    run.take({event("small", {"1", "2", "3", "4", "5", "6", "7", "8"},
                    "\"" + std::string(3'400, 'x') + "\"")});
    EXPECT_EQ(fresh_rows(run), 1);
}

TEST_F(FreshEventsTest, SurviveARestart) {
    auto* run = &start();
    run->take({event("a", {"1", "2"}), event("b", {"1"})});
    run->delivered(run->offered[0]);
    run->pass();
    const auto last = run->offered[2].id;
    const auto wanted = run->offered[1].id;
    run = &start();
    EXPECT_EQ(run->queue.pending("1"), 1U);
    EXPECT_EQ(run->queue.pending("2"), 1U);
    EXPECT_EQ(ids_of(run->fresh({"2"}).deliveries), std::vector{wanted});
    EXPECT_EQ(run->take({event("b", {"1"})}).duplicates, 1U);
    EXPECT_EQ(run->take({event("b", {"1"}, R"({"other":1})")}).duplicates, 0U);
    EXPECT_GT(run->offered.back().id, last);
}

TEST_F(FreshEventsTest, AreEditedLikeOthers) {
    auto& run = start();
    for (int i = 0; i < 6; ++i) {
        run.take({event(std::to_string(i), {"1", "2"})});
    }
    EXPECT_EQ(run.edit(Edit::drop, {{run.offered[0].id}, {}, {}}), 1U);
    EXPECT_EQ(run.queue.pending("1"), 5U);
    run.take({event("6", {"1", "2"})});
    EXPECT_EQ(run.edit(Edit::drop, {{}, DeliveryState::pending, "1"}), 6U);
    EXPECT_EQ(run.queue.pending("1"), 0U);
    EXPECT_EQ(run.queue.pending("2"), 7U);
    run.take({event("7", {"1", "2"})});
    EXPECT_EQ(run.edit(Edit::retry, {{}, DeliveryState::pending, "2"}), 8U);
    EXPECT_EQ(run.deliveries(), 9);
}

TEST_F(FreshEventsTest, AreReadWithoutTheAgent) {
    auto& run = start();
    run.take({event("a", {"1", "7"}), event("b", {"1"})});
    stop();
    const auto offline = agent::OfflineQueue::open(config.queue.path);
    ASSERT_TRUE(offline);
    const auto page = nlohmann::json::parse(*(*offline)->page({}));
    EXPECT_EQ(page["total"], 3);
    EXPECT_EQ(page["deliveries"].size(), 3U);
    EXPECT_TRUE((*offline)->webhook("7"));
    EXPECT_FALSE((*offline)->webhook("8"));
}

TEST_F(FreshEventsTest, AFileOfVersion1IsReadWithoutTheAgentToo) {
    {
        SQLite::Database old{config.queue.path, SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
        old.exec(contents(FFL_TEST_DATA "/schema_v1.sql"));
    }
    const auto before = contents(config.queue.path);
    const auto offline = agent::OfflineQueue::open(config.queue.path);
    ASSERT_TRUE(offline);
    EXPECT_EQ(nlohmann::json::parse(*(*offline)->page({}))["total"], 3);
    EXPECT_TRUE(contents(config.queue.path) == before);
}

} // namespace

} // namespace test

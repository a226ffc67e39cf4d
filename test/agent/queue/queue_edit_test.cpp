// What operators do to the queue: list, show, retry, drop; and the rows as the API shows them.
#include "test/support/storage_fixture.hpp"

#include <nlohmann/json.hpp>

namespace test {

using nlohmann::json;

class QueueEditTest : public Storage {
  protected:
    /// Events "0" to "5" for webhooks "1" and "2" in turn: 0 and 1 fresh, 2 and 3 retries due in a
    /// minute, 4 and 5 dead.
    QueueEditTest() {
        auto& run = start();
        for (int i = 0; i < 6; ++i) {
            run.take({event(std::to_string(i), {i % 2 == 0 ? "1" : "2"})});
        }
        for (std::size_t i = 2; i < 4; ++i) {
            run.failed(run.offered[i], run.queue.queue_time() + 60'000, 3);
            run.died(run.offered[i + 2], 2);
        }
        run.pass();
        for (const auto& one : run.offered) {
            ids.push_back(one.id);
        }
    }
    std::string listed(const Selection& selection) {
        std::string text;
        for (const auto& row : now().list(selection)) {
            text += row.event_id;
        }
        return text;
    }
    static Selection select(std::optional<DeliveryState> state,
                            std::optional<std::string> webhook = {},
                            std::vector<std::int64_t> some = {}) {
        return {std::move(some), state, std::move(webhook)};
    }

    std::vector<std::int64_t> ids;
};

TEST_F(QueueEditTest, ListsWhatIsSelected) {
    struct Case {
        Selection selection;
        std::string wanted;
    };
    const std::vector<Case> cases{
        {select({}), "012345"},
        {select(DeliveryState::pending), "0123"},
        {select(DeliveryState::dead), "45"},
        {select({}, "1"), "024"},
        {select(DeliveryState::pending, "2"), "13"},
        {select(DeliveryState::dead, "2"), "5"},
        {select({}, "3"), ""},
        {select({}, {}, {ids[5], ids[1], 7, ids[1]}), "15"},
        {select(DeliveryState::pending, "1", {ids[0], ids[1], ids[4]}), "0"},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(one.wanted);
        EXPECT_EQ(listed(one.selection), one.wanted);
        // And page by page.
        std::string paged;
        std::int64_t after = 0;
        for (int pages = 0; pages < 10; ++pages) {
            const auto page = test::run(loop, now().queue.list({one.selection, after, 2}));
            ASSERT_TRUE(page);
            ASSERT_LE(page->rows.size(), 2U);
            for (const auto& row : page->rows) {
                paged += row.event_id;
            }
            if (!page->next) {
                break;
            }
            after = *page->next;
        }
        EXPECT_EQ(paged, one.wanted);
    }
}

TEST_F(QueueEditTest, ShowsRowsAsTheApiDoes) {
    clock.advance(10s);
    const auto row = now().show(ids[2]);
    ASSERT_TRUE(row);
    const auto shown = json::parse(agent::row_text(*row, "door", {.event = true, .history = true}));
    EXPECT_EQ(
        shown,
        json::parse(
            R"({"id":)" + std::to_string(ids[2]) +
            R"(,"state":"pending","webhook":"1","name":"door","event_id":"2","age_s":11.001,"attempts":3,
        "next_attempt_s":48.999,"last_status":503,"last_error":"503 Service Unavailable","event":{"id":"2"},
        "history":[{"attempt":3,"age_s":11.001,"status":503,"error":"503 Service Unavailable"}]})"));
    const auto fresh = json::parse(agent::row_text(now().list({{ids[0]}, {}, {}})[0], "", {}));
    EXPECT_TRUE(fresh.at("last_status").is_null());
    EXPECT_TRUE(fresh.at("last_error").is_null());
    EXPECT_EQ(fresh.at("next_attempt_s"), 0.0);
    EXPECT_FALSE(fresh.contains("event"));
    const auto dead = now().show(ids[4]);
    ASSERT_TRUE(dead);
    EXPECT_TRUE(json::parse(agent::row_text(*dead, "", {})).at("next_attempt_s").is_null());
    EXPECT_FALSE(now().show(ids[0] + 1));
    EXPECT_FALSE(now().show(-5));
}

TEST_F(QueueEditTest, ReadsBodiesOnRequest) {
    const auto without = test::run(loop, now().queue.list({.limit = 1}));
    const auto with = test::run(loop, now().queue.list({.limit = 1, .bodies = true}));
    EXPECT_EQ(without->rows[0].event, "");
    EXPECT_EQ(with->rows[0].event, R"({"id":"0"})");
}

TEST_F(QueueEditTest, TheStatesHaveNames) {
    EXPECT_EQ(agent::parse_state(agent::to_string(DeliveryState::pending)), DeliveryState::pending);
    EXPECT_EQ(agent::parse_state(agent::to_string(DeliveryState::dead)), DeliveryState::dead);
    EXPECT_FALSE(agent::parse_state("gone"));
    const Selection some{{3, 4}, {}, "1"};
    EXPECT_TRUE(some.covers(3, "1"));
    EXPECT_FALSE(some.covers(3, "2"));
    EXPECT_FALSE(some.covers(5, "1"));
    EXPECT_TRUE(Selection{}.covers(5, "x"));
}

TEST_F(QueueEditTest, RetriesDeadLettersWithFreshAttempts) {
    auto& run = now();
    EXPECT_EQ(run.edit(Edit::retry, select(DeliveryState::dead)), 2U);
    EXPECT_EQ(run.queue.stats().dead, 0U);
    EXPECT_EQ(run.queue.stats().pending, 6U);
    const auto due = run.due({"1", "2"}).deliveries;
    EXPECT_EQ(events_of(due), (std::vector<std::string>{"4", "5"}));
    EXPECT_EQ(due[0].attempts, 0U);
    const auto row = run.show(ids[4]);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->history.size(), 1U) << "earlier attempts stay visible";
    ASSERT_EQ(run.edits.size(), 1U);
    EXPECT_EQ(run.edits[0].state, DeliveryState::dead);
}

TEST_F(QueueEditTest, RetryMakesPendingDeliveriesDueNow) {
    auto& run = now();
    EXPECT_EQ(run.edit(Edit::retry, select(DeliveryState::pending, "1")), 2U);
    EXPECT_EQ(events_of(run.due({"1", "2"}).deliveries), (std::vector<std::string>{"2"}));
    EXPECT_EQ(run.due({"1"}).deliveries[0].attempts, 3U) << "pending ones keep their count";
    EXPECT_EQ(events_of(run.fresh({"1", "2"}).deliveries), (std::vector<std::string>{"0", "1"}))
        << "those never attempted are due anyway";
    EXPECT_EQ(run.edit(Edit::retry, select({})), 6U);
    EXPECT_EQ(run.due({"1", "2"}).deliveries.size(), 4U);
}

TEST_F(QueueEditTest, RetriesById) {
    auto& run = now();
    EXPECT_EQ(run.edit(Edit::retry, select({}, {}, {ids[2], ids[4], ids[4], 99})), 2U);
    EXPECT_EQ(events_of(run.due({"1"}).deliveries), (std::vector<std::string>{"2", "4"}));
    EXPECT_EQ(run.edit(Edit::retry, select({}, {}, {99})), 0U);
}

TEST_F(QueueEditTest, DropsWhatIsSelected) {
    auto& run = now();
    EXPECT_EQ(run.edit(Edit::drop, select(DeliveryState::dead, "1")), 1U);
    EXPECT_EQ(listed({}), "01235");
    EXPECT_EQ(run.edit(Edit::drop, select({}, {}, {ids[0], ids[3], 99})), 2U);
    EXPECT_EQ(listed({}), "125");
    EXPECT_EQ(run.queue.pending("1"), 1U);
    EXPECT_EQ(run.edit(Edit::drop, select({}, "2")), 2U);
    EXPECT_EQ(listed({}), "2");
    EXPECT_EQ(run.edit(Edit::drop, select({})), 1U);
    EXPECT_EQ(run.events() + run.deliveries(), 0);
    EXPECT_EQ(run.queue.stats().pending + run.queue.stats().dead, 0U);
    EXPECT_EQ(run.edits.size(), 4U);
}

TEST_F(QueueEditTest, AnOutcomeThatWaitsIsWrittenBeforeAnEdit) {
    auto& run = now();
    run.died(run.offered[0]);
    EXPECT_EQ(run.edit(Edit::drop, select(DeliveryState::dead)), 3U);
    EXPECT_EQ(listed({}), "123");
}

TEST_F(QueueEditTest, WorksInStepsOnMany) {
    auto& run = now();
    std::vector<NewEvent> many;
    for (int i = 0; i < 2'500; ++i) {
        many.push_back(event("many " + std::to_string(i), {"many"}));
    }
    run.take(std::move(many));
    const auto first = run.offered.size() - 2'500;
    for (std::size_t i = first; i < run.offered.size(); ++i) {
        run.failed(run.offered[i], run.queue.queue_time() + 1'000'000);
    }
    EXPECT_EQ(run.edit(Edit::retry, select({}, "many")), 2'500U);
    EXPECT_EQ(run.due({"many"}, 5'000).deliveries.size(), 2'500U);
    EXPECT_EQ(test::run(loop, run.queue.bury_removed({"1", "2"})).value(), 2'500U);
    EXPECT_EQ(run.queue.dead("many"), 2'500U);
    EXPECT_EQ(run.edit(Edit::retry, select(DeliveryState::dead, "many")), 2'500U);
    std::vector<std::int64_t> some;
    for (std::size_t i = first; i < first + 1'200; ++i) {
        some.push_back(run.offered[i].id);
    }
    EXPECT_EQ(run.edit(Edit::drop, select({}, {}, some)), 1'200U);
    EXPECT_EQ(run.edit(Edit::drop, select({}, "many")), 1'300U);
    EXPECT_EQ(run.queue.pending("many"), 0U);
    EXPECT_EQ(run.queue.stats().pending, 4U);
}

TEST_F(QueueEditTest, ReportsAnErrorOfTheDatabase) {
    auto& run = now();
    run.execute("CREATE TRIGGER refuse BEFORE DELETE ON delivery BEGIN SELECT RAISE(ABORT, "
                "'refused'); END");
    const auto dropped = test::run(loop, run.queue.edit(Edit::drop, {}));
    ASSERT_FALSE(dropped);
    EXPECT_EQ(dropped.error().fault, Fault::storage);
    EXPECT_EQ(listed({}), "012345");
}

} // namespace test

// The queue's main path: what it accepts, what is a duplicate, how outcomes are written, and what
// is there after a restart.
#include "test/support/storage_fixture.hpp"

namespace test {

using Strings = std::vector<std::string>;

class QueueTest : public Storage {};

TEST_F(QueueTest, AcceptsEventsAndCommitsTheirDeliveriesInOrder) {
    auto& run = start();
    const auto accepted = run.take({event("a", {"1", "2"}), event("b", {}), event("c", {"1"})});
    EXPECT_EQ(accepted.accepted, 3U);
    EXPECT_EQ(accepted.duplicates, 0U);
    EXPECT_EQ(accepted.deliveries, 3U);
    EXPECT_EQ(events_of(run.offered), (Strings{"a", "a", "c"}));
    EXPECT_EQ(run.offered[0].webhook, "1");
    EXPECT_EQ(run.offered[1].webhook, "2");
    EXPECT_LT(run.offered[0].id, run.offered[1].id);
    EXPECT_LT(run.offered[1].id, run.offered[2].id);
    EXPECT_EQ(run.offered[0].event, run.offered[1].event)
        << "an event's deliveries share its bytes";
    EXPECT_EQ(*run.offered[2].event, R"({"id":"c"})");
    EXPECT_EQ(run.offered[0].attempts, 0U);
    EXPECT_EQ(run.offered[0].accepted_at, run.queue.queue_time());
    EXPECT_EQ(run.events(), 2) << "an event without deliveries is not written";
    EXPECT_EQ(run.queue.pending("1"), 2U);
    EXPECT_EQ(run.queue.stats().pending, 3U);
}

TEST_F(QueueTest, AcceptsAnEmptyBatch) {
    const auto accepted = start().take({});
    EXPECT_EQ(accepted.accepted + accepted.deliveries, 0U);
}

TEST_F(QueueTest, WritesNoTransactionForEventsWithoutDeliveries) {
    auto& run = start();
    run.take({event("a", {"1"})});
    const auto wal = contents(config.queue.path + "-wal").size();
    run.take({event("b", {}), event("c", {})});
    EXPECT_EQ(contents(config.queue.path + "-wal").size(), wal);
    EXPECT_EQ(run.take({event("b", {})}).duplicates, 1U);
}

TEST_F(QueueTest, KeepsTheOrderOfCallsWithinAGroup) {
    auto& run = start();
    std::vector<int> answered;
    for (int i = 0; i < 20; ++i) {
        common::asio::co_spawn(loop, run.queue.add({event(std::to_string(i), {"1"})}),
                               [&answered, i](auto, auto result) {
                                   ASSERT_TRUE(result);
                                   answered.push_back(i);
                               });
    }
    clock.settle();
    ASSERT_EQ(answered.size(), 20U);
    Strings wanted;
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(answered[static_cast<std::size_t>(i)], i);
        wanted.push_back(std::to_string(i));
    }
    EXPECT_EQ(events_of(run.offered), wanted);
    EXPECT_EQ(events_of(run.fresh({"1"}).deliveries), wanted);
}

TEST_F(QueueTest, SharesOneTransactionWithinTheCommitWindow) {
    config.queue.commit_window = 50ms;
    auto& run = start();
    int answered = 0;
    const auto add = [&](const std::string& id) {
        common::asio::co_spawn(loop, run.queue.add({event(id, {"1"})}),
                               [&answered](auto, auto) { ++answered; });
    };
    add("a");
    clock.advance(40ms);
    add("b");
    EXPECT_EQ(answered, 0);
    clock.advance(9ms);
    EXPECT_EQ(answered, 0);
    clock.advance(1ms);
    EXPECT_EQ(answered, 2) << "measured from the first request";
}

TEST_F(QueueTest, SplitsAGroupThatIsTooLarge) {
    auto& run = start();
    int answered = 0;
    for (int i = 0; i < 5; ++i) {
        auto large = event(std::to_string(i), {"1"}, "\"" + std::string(3 << 20, 'x') + "\"");
        std::vector<NewEvent> one;
        one.push_back(std::move(large));
        common::asio::co_spawn(loop, run.queue.add(std::move(one)),
                               [&answered](auto, auto) { ++answered; });
    }
    clock.settle();
    EXPECT_EQ(answered, 5);
    const auto batch = run.fresh({"1"});
    EXPECT_LT(batch.deliveries.size(), 5U) << "that much is not read at once";
    EXPECT_TRUE(batch.more);
    const auto rest = run.fresh({"1"}, batch.deliveries.back().id);
    EXPECT_EQ(batch.deliveries.size() + rest.deliveries.size(), 5U);
}

TEST_F(QueueTest, RecognisesDuplicates) {
    auto& run = start();
    EXPECT_EQ(run.take({event("a", {"1"}), event("a", {"1"})}).duplicates, 1U) << "within a batch";
    EXPECT_EQ(run.take({event("a", {"1"})}).duplicates, 1U) << "across batches";
    EXPECT_EQ(run.take({event("a", {"1"}, R"({"id":"a","other":1})")}).duplicates, 0U)
        << "other bytes: another event";
    EXPECT_EQ(run.take({event("none", {}), event("none", {})}).duplicates, 1U)
        << "also without deliveries";
    EXPECT_EQ(run.offered.size(), 2U);
    run.delivered(run.offered[0]);
    run.pass();
    EXPECT_EQ(run.take({event("a", {"1"})}).duplicates, 1U)
        << "delivered, but accepted not long ago";
    clock.advance(10min);
    EXPECT_EQ(run.take({event("a", {"1"})}).duplicates, 0U) << "delivered and forgotten";
    EXPECT_EQ(run.take({event("a", {"1"}, R"({"id":"a","other":1})")}).duplicates, 1U)
        << "still pending";
}

TEST_F(QueueTest, AnEventWithoutAnIdIsNeverADuplicate) {
    auto& run = start();
    auto one = event("generated", {"1"}, "{}");
    one.id_given = false;
    EXPECT_EQ(run.take({one, one}).duplicates, 0U);
    start();
    EXPECT_EQ(now().take({one}).duplicates, 0U);
    // Nor is one that has the id that was generated for the other.
    EXPECT_EQ(now().take({event("generated", {"1"}, "{}")}).duplicates, 0U);
}

TEST_F(QueueTest, RecognisesPendingDuplicatesAfterARestart) {
    auto& run = start();
    run.take({event("a", {"1", "2"}), event("b", {"1"}), event("c", {"1"}), event("d", {})});
    run.delivered(run.offered[0]); // a for 1; a for 2 is still pending
    run.delivered(run.offered[2]); // b
    run.died(run.offered[3]);      // c
    auto& next = start();
    EXPECT_EQ(next.take({event("a", {"1"})}).duplicates, 1U);
    EXPECT_EQ(next.take({event("a", {"1"}, "{}")}).duplicates, 0U);
    EXPECT_EQ(next.take({event("b", {"1"})}).duplicates, 0U);
    EXPECT_EQ(next.take({event("c", {"1"})}).duplicates, 0U) << "a dead letter is not pending";
    EXPECT_EQ(next.take({event("d", {"1"})}).duplicates, 0U);
}

TEST_F(QueueTest, WritesOutcomesWithinASecond) {
    auto& run = start();
    run.take({event("a", {"1", "2"})});
    run.delivered(run.offered[0]);
    EXPECT_EQ(run.queue.pending("1"), 0U) << "reported at once";
    clock.advance(999ms);
    EXPECT_EQ(run.deliveries(), 2);
    clock.advance(1ms);
    EXPECT_EQ(run.deliveries(), 1);
    EXPECT_EQ(run.events(), 1) << "the other delivery needs it";
    run.delivered(run.offered[1]);
    run.pass();
    EXPECT_EQ(run.events(), 0);
    EXPECT_EQ(run.queue.stats().pending, 0U);
}

TEST_F(QueueTest, WritesOutcomesWithTheNextEvents) {
    auto& run = start();
    run.take({event("a", {"1"})});
    run.delivered(run.offered[0]);
    run.take({event("b", {"1"})});
    EXPECT_EQ(run.deliveries(), 1);
}

TEST_F(QueueTest, WritesARetry) {
    auto& run = start();
    run.take({event("a", {"1"})});
    const auto due = run.queue.queue_time() + 5'000;
    run.failed(run.offered[0], due);
    run.pass();
    EXPECT_TRUE(run.fresh({"1"}).deliveries.empty());
    auto batch = run.due({"1"});
    EXPECT_TRUE(batch.deliveries.empty());
    EXPECT_EQ(batch.next_due, due);
    const auto row = run.show(run.offered[0].id);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->attempts, 1U);
    EXPECT_EQ(row->last_status, 503U);
    EXPECT_EQ(row->last_error, "503 Service Unavailable");
    EXPECT_EQ(row->next_attempt_ms, due - run.queue.queue_time());
    ASSERT_EQ(row->history.size(), 1U);
    EXPECT_EQ(row->history[0].attempt, 1U);
    EXPECT_EQ(row->history[0].status, 503U);
    EXPECT_EQ(row->history[0].age_ms, 1'001);
    clock.advance(5s);
    batch = run.due({"1"});
    ASSERT_EQ(batch.deliveries.size(), 1U);
    EXPECT_EQ(batch.deliveries[0].attempts, 1U);
    EXPECT_EQ(*batch.deliveries[0].event, R"({"id":"a"})");
    EXPECT_FALSE(batch.next_due);
}

TEST_F(QueueTest, KeepsTheLastTwentyAttempts) {
    auto& run = start();
    run.take({event("a", {"1"})});
    for (std::uint32_t attempt = 1; attempt <= 25; ++attempt) {
        run.failed(run.offered[0], run.queue.queue_time() + 10, attempt, "bad \xff byte");
        if (attempt % 3 == 0) {
            run.pass();
        }
    }
    run.pass();
    const auto row = run.show(run.offered[0].id);
    ASSERT_TRUE(row);
    ASSERT_EQ(row->history.size(), 20U);
    EXPECT_EQ(row->history.front().attempt, 6U);
    EXPECT_EQ(row->history.back().attempt, 25U);
}

TEST_F(QueueTest, WritesADeadLetter) {
    auto& run = start();
    run.take({event("a", {"1"})});
    run.died(run.offered[0], 3);
    EXPECT_EQ(run.queue.pending("1"), 0U);
    EXPECT_EQ(run.queue.dead("1"), 1U);
    run.pass();
    EXPECT_EQ(run.queue.pending("1"), 0U);
    EXPECT_EQ(run.queue.dead("1"), 1U);
    EXPECT_EQ(run.stats.webhooks["1"].dead, 1U);
    EXPECT_TRUE(run.fresh({"1"}).deliveries.empty());
    EXPECT_TRUE(run.due({"1"}).deliveries.empty());
    const auto row = run.show(run.offered[0].id);
    ASSERT_TRUE(row);
    EXPECT_EQ(row->state, DeliveryState::dead);
    EXPECT_EQ(row->attempts, 3U);
    EXPECT_FALSE(row->next_attempt_ms);
    EXPECT_EQ(row->event, R"({"id":"a"})");
    auto& next = start();
    EXPECT_EQ(next.queue.dead("1"), 1U);
    EXPECT_EQ(next.queue.stats().dead, 1U);
}

TEST_F(QueueTest, DeletesWhatExpired) {
    auto& run = start();
    run.take({event("a", {"1"})});
    run.queue.record({run.offered[0].id, "1", Outcome::Kind::retry, 0, 0, 0, "", true});
    run.pass();
    EXPECT_EQ(run.deliveries(), 0);
    EXPECT_EQ(run.stats.webhooks["1"].expired, 1U);
    EXPECT_EQ(run.stats.webhooks["1"].dead, 0U);
    EXPECT_EQ(run.queue.stats().pending, 0U);
}

TEST_F(QueueTest, AnOutcomeOfADroppedDeliveryChangesNothing) {
    auto& run = start();
    run.take({event("a", {"1"}), event("b", {"1"})});
    run.queue.record({run.offered[0].id + 7, "1", Outcome::Kind::delivered, 1, 0, 200, "", false});
    run.queue.record({run.offered[0].id + 8, "1", Outcome::Kind::dead, 1, 0, 200, "", false});
    run.queue.record({run.offered[0].id + 9, "1", Outcome::Kind::retry, 1, 5, 200, "", false});
    run.pass();
    EXPECT_EQ(run.queue.pending("1"), 2U);
    EXPECT_EQ(run.queue.dead("1"), 0U);
}

TEST_F(QueueTest, FlushWritesAtOnce) {
    auto& run = start();
    run.take({event("a", {"1"})});
    run.delivered(run.offered[0]);
    bool flushed = false;
    common::asio::co_spawn(loop, run.queue.flush(), [&](auto) { flushed = true; });
    clock.settle();
    EXPECT_TRUE(flushed);
    EXPECT_EQ(run.deliveries(), 0);
    flushed = false;
    common::asio::co_spawn(loop, run.queue.flush(), [&](auto) { flushed = true; });
    clock.settle();
    EXPECT_TRUE(flushed) << "with nothing to write it is done at once";
}

TEST_F(QueueTest, StoppingWritesWhatWaits) {
    auto& run = start();
    run.take({event("a", {"1"}), event("b", {"1"})});
    run.delivered(run.offered[0]);
    start();
    EXPECT_EQ(now().deliveries(), 1);
    EXPECT_EQ(now().queue.pending("1"), 1U);
}

TEST_F(QueueTest, RefusesEventsAfterTheStop) {
    auto& run = start();
    run.take({event("a", {"1"})});
    run.stop();
    const auto refused = run.add({event("b", {"1"})});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().fault, Fault::storage);
}

TEST_F(QueueTest, ContinuesAfterARestart) {
    auto& run = start();
    run.take({event("a", {"1"}), event("b", {"2"}), event("c", {"1"})});
    const auto due = run.queue.queue_time() + 100;
    run.failed(run.offered[0], due);
    const auto last = run.offered.back().id;
    auto& next = start();
    EXPECT_EQ(next.queue.stats().pending, 3U);
    EXPECT_EQ(next.queue.pending("1"), 2U);
    EXPECT_EQ(events_of(next.fresh({"1", "2"}).deliveries), (Strings{"b", "c"}));
    clock.advance(200ms);
    EXPECT_EQ(events_of(next.due({"1", "2"}).deliveries), (Strings{"a"}));
    next.take({event("d", {"1"})});
    EXPECT_GT(next.offered[0].id, last);
}

TEST_F(QueueTest, NeverUsesAnIdTwice) {
    auto& run = start();
    run.take({event("a", {"1"})});
    const auto first = run.offered[0].id;
    run.delivered(run.offered[0]);
    auto& next = start();
    next.take({event("b", {"1"})});
    EXPECT_GT(next.offered[0].id, first) << "an operator may still have the old one on screen";
}

TEST_F(QueueTest, ReportsTheOldestPendingDelivery) {
    auto& run = start();
    EXPECT_FALSE(run.queue.stats().oldest_ms);
    run.take({event("a", {"1"})});
    clock.advance(5s);
    run.take({event("b", {"1"})});
    EXPECT_EQ(run.queue.stats().oldest_ms, 5'000);
    run.died(run.offered[0]);
    run.pass();
    EXPECT_EQ(run.queue.stats().oldest_ms, 1'001) << "dead letters are not pending";
    run.delivered(run.offered[1]);
    run.pass();
    EXPECT_FALSE(run.queue.stats().oldest_ms);
    EXPECT_EQ(run.edit(Edit::retry, {}), 1U);
    EXPECT_EQ(run.queue.stats().oldest_ms, 7'002);
}

TEST_F(QueueTest, ReportsSizes) {
    auto& run = start();
    run.take({event("a", {"1"}, "\"" + std::string(100'000, 'x') + "\"")});
    const auto stats = run.queue.stats();
    EXPECT_GT(stats.bytes, 100'000U);
    EXPECT_EQ(stats.max_bytes, config.queue.max_size);
    EXPECT_FALSE(stats.full);
    EXPECT_FALSE(stats.degraded);
}

} // namespace test

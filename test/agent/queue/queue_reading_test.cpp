// Reading deliveries back for the lanes, without those whose outcome is known already.
#include "test/support/storage_fixture.hpp"

namespace test {

using Strings = std::vector<std::string>;

class QueueReadingTest : public Storage {};

TEST_F(QueueReadingTest, ReadsFreshDeliveriesPageByPage) {
    auto& run = start();
    for (int i = 0; i < 7; ++i) {
        run.take({event(std::to_string(i), {i % 2 == 0 ? "even" : "odd"})});
    }
    auto page = run.fresh({"even", "odd"}, 0, 3);
    EXPECT_EQ(events_of(page.deliveries), (Strings{"0", "1", "2"}));
    EXPECT_TRUE(page.more);
    page = run.fresh({"even", "odd"}, page.deliveries.back().id, 3);
    EXPECT_EQ(events_of(page.deliveries), (Strings{"3", "4", "5"}));
    EXPECT_TRUE(page.more);
    page = run.fresh({"even", "odd"}, page.deliveries.back().id, 3);
    EXPECT_EQ(events_of(page.deliveries), (Strings{"6"}));
    EXPECT_FALSE(page.more);
    EXPECT_EQ(events_of(run.fresh({"odd"}).deliveries), (Strings{"1", "3", "5"}));
    EXPECT_TRUE(run.fresh({"none"}).deliveries.empty());
}

TEST_F(QueueReadingTest, LeavesOutOutcomesThatAreNotWritten) {
    auto& run = start();
    for (int i = 0; i < 6; ++i) {
        run.take({event(std::to_string(i), {"1"})});
    }
    run.pass();
    run.delivered(run.offered[0]);
    run.delivered(run.offered[1]);
    run.failed(run.offered[2], run.queue.queue_time() + 10'000);
    const auto page = run.fresh({"1"}, 0, 2);
    EXPECT_EQ(events_of(page.deliveries), (Strings{"3", "4"}))
        << "what is left out does not use up the limit";
    EXPECT_TRUE(page.more);
    EXPECT_EQ(run.deliveries(), 6) << "reading needs no commit of its own";
}

TEST_F(QueueReadingTest, LeavesOutOutcomesRecordedWhileItReads) {
    auto& run = start();
    run.take({event("a", {"1"}), event("b", {"1"})});
    agent::DueBatch batch;
    common::asio::co_spawn(loop, run.queue.fresh({"1"}, 0, {10}),
                           [&](auto, auto got) { batch = got.value(); });
    loop.restart();
    loop.poll_one(); // the coroutine has begun: its job is on its way
    run.delivered(run.offered[0]);
    clock.settle();
    EXPECT_EQ(events_of(batch.deliveries), (Strings{"b"}));
}

TEST_F(QueueReadingTest, ReadsRetriesLongestDueFirst) {
    auto& run = start();
    run.take({event("a", {"1"}), event("b", {"2"}), event("c", {"1"}), event("d", {"1"}),
              event("fresh", {"1"})});
    const auto base = run.queue.queue_time();
    run.failed(run.offered[0], base + 3'000);
    run.failed(run.offered[1], base + 2'000);
    run.failed(run.offered[2], base + 1'000);
    run.failed(run.offered[3], base + 60'000);
    clock.advance(4s);
    auto batch = run.due({"1", "2"}, 2);
    EXPECT_EQ(events_of(batch.deliveries), (Strings{"c", "b"}));
    EXPECT_TRUE(batch.more);
    EXPECT_EQ(batch.next_due, base + 60'000);
    batch = run.due({"1", "2"});
    EXPECT_EQ(events_of(batch.deliveries), (Strings{"c", "b", "a"}));
    EXPECT_FALSE(batch.more);
    batch = run.due({"2"});
    EXPECT_EQ(events_of(batch.deliveries), (Strings{"b"}));
    EXPECT_FALSE(batch.next_due);
}

TEST_F(QueueReadingTest, ARetryThatIsDueBeforeItIsWrittenIsFound) {
    auto& run = start();
    run.take({event("a", {"1"})});
    run.failed(run.offered[0], run.queue.queue_time() + 500);
    auto batch = run.due({"1"});
    EXPECT_TRUE(batch.deliveries.empty());
    EXPECT_EQ(batch.next_due, run.queue.queue_time() + 500)
        << "known although it is not written yet";
    clock.advance(500ms);
    batch = run.due({"1"});
    ASSERT_EQ(batch.deliveries.size(), 1U);
    EXPECT_EQ(batch.deliveries[0].attempts, 1U);
}

/// A read that starts while an outcome is being written leaves its row out, and its answer comes
/// when the outcome is on disk. Whatever the order, nobody forgets when that retry is due.
// Fault: commits that take long | no retry is forgotten
TEST_F(QueueReadingTest, ARetryThatIsBeingWrittenIsNotForgotten) {
    for (int steps = 0; steps < 40; ++steps) {
        SCOPED_TRACE(steps);
        auto& run = start();
        const auto number = std::to_string(steps);
        run.take({event("a" + number, {"1"}), event("b" + number, {"1"})});
        const auto held = run.fresh({"1"}).deliveries;
        ASSERT_EQ(held.size(), 2U);
        const auto due_at = run.queue.queue_time() + 60'000;
        run.delivered(held[0]);
        run.failed(held[1], due_at);
        common::asio::co_spawn(loop, run.queue.flush(), common::asio::detached);
        loop.restart();
        for (int step = 0; step < steps && loop.poll_one() == 1; ++step) {
        }
        const auto batch = run.due({"1"});
        EXPECT_TRUE(batch.deliveries.empty());
        EXPECT_EQ(batch.next_due, due_at);
        run.edit(Edit::drop, {});
    }
}

} // namespace test

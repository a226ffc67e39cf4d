#include "agent/delivery/due_retries.hpp"

#include "test/agent/delivery/held_fixture.hpp"

#include <numeric>

namespace agent {
namespace {

struct DueRetriesTest : HeldTest<DueRetries> {
    DueRetries::Found read(common::Result<DueBatch> found) {
        held.begin_read(0);
        return held.end_read(std::move(found));
    }
};

TEST_F(DueRetriesTest, ReadsAtOnceAtFirst) {
    EXPECT_EQ(held.read_at(), 0);
}

TEST_F(DueRetriesTest, ReadsNothingWhereThereIsNone) {
    read(DueBatch{});
    EXPECT_EQ(held.read_at(), std::nullopt);
}

TEST_F(DueRetriesTest, ReturnsThemInTheOrderOfTheRead) {
    read(batch({9, 3, 5}, false, 1));
    EXPECT_EQ(pop_all(held), (Ids{9, 3, 5}));
}

TEST_F(DueRetriesTest, ReadsNoMoreWhileEnoughAreHeld) {
    Ids many(40);
    std::iota(many.begin(), many.end(), 1);
    read(batch(many, true, 1));
    EXPECT_EQ(held.read_at(), std::nullopt);
    while (held.size() > 16) {
        held.pop();
    }
    EXPECT_EQ(held.read_at(), 0);
}

TEST_F(DueRetriesTest, AReadLeavesOutWhatIsInFlightOrEndedMeanwhile) {
    elsewhere = {4, 5};
    held.begin_read(2);
    elsewhere.erase(5);
    held.attempt_ended(5);
    held.end_read(batch({4, 5, 6}, false, 1));
    EXPECT_EQ(pop_all(held), (Ids{6}));
}

TEST_F(DueRetriesTest, AnAttemptThatEndedBeforeTheReadHidesNothing) {
    held.attempt_ended(1);
    read(batch({1}, false, 1));
    EXPECT_EQ(pop_all(held), (Ids{1}));
}

TEST_F(DueRetriesTest, AsksForFewerBytesTheMoreLanesThereAre) {
    held.share_memory(1, 1);
    const auto alone = held.begin_read(0).bytes;
    held.share_memory(1, 64);
    EXPECT_LE(64 * held.begin_read(0).bytes, 2 * alone);
}

TEST_F(DueRetriesTest, AsksForMoreThanItHasInHand) {
    const auto plain = held.begin_read(0).deliveries;
    held.end_read(DueBatch{});
    EXPECT_EQ(held.begin_read(3).deliveries, plain + 3);
    held.end_read(batch({5, 6}, true, 1));
    EXPECT_EQ(held.begin_read(3).deliveries, plain + 5);
    held.end_read(batch({5, 6, 7}, false, 1));
    EXPECT_EQ(pop_all(held), (Ids{5, 6, 7}));
}

TEST_F(DueRetriesTest, KnowsWhenTheNextRetryIsDue) {
    read(DueBatch{});
    held.expect(500);
    held.expect(700);
    EXPECT_EQ(held.read_at(), 500);
    held.begin_read(0);
    held.expect(650); // recorded during the read
    auto nothing = batch({});
    nothing.next_due = 700;
    EXPECT_FALSE(held.end_read(std::move(nothing)).more);
    EXPECT_EQ(held.read_at(), 650);
    read(batch({1}, true, 1));
    EXPECT_EQ(held.read_at(), 0) << "there is more, so it reads again";
}

TEST_F(DueRetriesTest, ReadsOnAtOnceOnlyIfTheReadBroughtSomething) {
    EXPECT_TRUE(read(batch({1}, true, 1)).more);
    EXPECT_FALSE(read(batch({1}, true, 1)).more) << "1 is held already";
    EXPECT_FALSE(read(batch({2}, false, 1)).more) << "there is no more";
    EXPECT_TRUE(read(batch({3}, true, 0)).more) << "a fresh one counts, too";
}

TEST_F(DueRetriesTest, HandsOverThoseWhoseAttemptsWereReset) {
    elsewhere = {8};
    auto retried = batch({7, 8});
    retried.deliveries.push_back(delivery(9, 2));
    const auto found = read(std::move(retried));
    ASSERT_EQ(found.fresh.size(), 1U);
    EXPECT_EQ(found.fresh[0].id, 7);
    EXPECT_EQ(pop_all(held), (Ids{9}));
}

TEST_F(DueRetriesTest, ReadsAgainAfterAFailedRead) {
    held.begin_read(0);
    EXPECT_FALSE(held.end_read(failed_read()).more);
    EXPECT_EQ(held.read_at(), 0);
}

TEST_F(DueRetriesTest, ForgetsWhatWasEdited) {
    read(batch({4, 5}, false, 2));
    EXPECT_EQ(held.read_at(), std::nullopt);
    held.forget(Selection{{2, 5}, {}, {}});
    EXPECT_EQ(held.read_at(), 0);
    EXPECT_EQ(pop_all(held), (Ids{4}));
}

TEST_F(DueRetriesTest, AnEditOfDeadLettersTakesNothingAway) {
    read(batch({4, 5}, false, 2));
    held.forget(Selection{{}, DeliveryState::dead, {}});
    EXPECT_EQ(held.size(), 2U);
    EXPECT_EQ(held.read_at(), 0) << "there may be more now";
}

TEST_F(DueRetriesTest, AReadThatBeganBeforeAnEditDoesNotCount) {
    held.begin_read(0);
    held.forget();
    EXPECT_FALSE(held.end_read(batch({3}, true, 1)).more);
    EXPECT_TRUE(held.empty());
    EXPECT_EQ(held.read_at(), 0);
}

} // namespace
} // namespace agent

#include "agent/delivery/fresh_deliveries.hpp"

#include "test/agent/delivery/held_fixture.hpp"

namespace agent {
namespace {

struct FreshDeliveriesTest : HeldTest<FreshDeliveries> {
    void read(common::Result<DueBatch> found) {
        held.begin_read();
        held.end_read(std::move(found));
    }
};

TEST_F(FreshDeliveriesTest, KnowsNothingAtFirst) {
    EXPECT_TRUE(held.wants_read());
    EXPECT_EQ(held.begin_read().after, 0);
}

TEST_F(FreshDeliveriesTest, KeepsWhatIsCommittedOnceItHasReadTheEnd) {
    read(DueBatch{});
    EXPECT_FALSE(held.wants_read());
    held.committed(delivery(5));
    held.committed(delivery(6));
    EXPECT_EQ(pop_all(held), (Ids{5, 6}));
    EXPECT_FALSE(held.wants_read());
}

TEST_F(FreshDeliveriesTest, ReadsBackFromWhereMemoryEnds) {
    read(DueBatch{});
    for (int id = 1; id <= 300; ++id) {
        held.committed(delivery(id));
    }
    const auto kept = static_cast<std::int64_t>(held.size());
    EXPECT_LT(kept, 300);
    EXPECT_FALSE(held.wants_read()) << "there is enough in memory";
    EXPECT_EQ(pop_all(held).back(), kept);
    EXPECT_TRUE(held.wants_read());
    EXPECT_EQ(held.begin_read().after, kept);
    held.end_read(batch({298, 299}, true));
    EXPECT_TRUE(held.wants_read());
    EXPECT_EQ(held.begin_read().after, 299);
    held.end_read(batch({300}));
    EXPECT_FALSE(held.wants_read());
    EXPECT_EQ(pop_all(held), (Ids{298, 299, 300}));
}

TEST_F(FreshDeliveriesTest, IsBoundedInBytesToo) {
    read(DueBatch{});
    for (int id = 1; id <= 20; ++id) {
        held.committed(delivery(id, 0, std::size_t{1} << 20));
    }
    EXPECT_LE(held.size(), 8U);
    const auto kept = static_cast<std::int64_t>(held.size());
    pop_all(held);
    EXPECT_EQ(held.begin_read().after, kept);
}

TEST_F(FreshDeliveriesTest, HoldsFewerBytesTheMoreLanesThereAreButAlwaysOneEvent) {
    held.share_memory(1, 64);
    read(DueBatch{});
    for (int id = 1; id <= 20; ++id) {
        held.committed(delivery(id, 0, std::size_t{128} << 10));
    }
    EXPECT_EQ(held.size(), 2U);
    pop_all(held);
    EXPECT_LE(held.begin_read().bounds.bytes, std::size_t{256} << 10);
    held.end_read(DueBatch{});
    held.committed(delivery(30, 0, std::size_t{4} << 20));
    held.committed(delivery(31, 0, 1));
    EXPECT_EQ(pop_all(held), (Ids{30}));
}

TEST_F(FreshDeliveriesTest, KeepsWhatIsCommittedDuringAReadWhetherTheReadHasItOrNot) {
    held.begin_read();
    held.committed(delivery(7));
    held.committed(delivery(8));
    held.end_read(batch({6, 7}));
    EXPECT_FALSE(held.wants_read());
    EXPECT_EQ(pop_all(held), (Ids{6, 7, 8}));
}

TEST_F(FreshDeliveriesTest, ReadsWhatWasCommittedDuringAReadThatDidNotReachTheEnd) {
    held.begin_read();
    held.committed(delivery(9));
    held.end_read(batch({6, 7}, true));
    EXPECT_EQ(pop_all(held), (Ids{6, 7}));
    EXPECT_EQ(held.begin_read().after, 7);
    held.end_read(batch({8, 9}));
    EXPECT_EQ(pop_all(held), (Ids{8, 9}));
}

TEST_F(FreshDeliveriesTest, ReadsAgainWhenTooMuchWasCommittedDuringARead) {
    held.begin_read();
    for (int id = 1; id <= 300; ++id) {
        held.committed(delivery(id));
    }
    held.end_read(batch({1, 2}));
    EXPECT_TRUE(held.wants_read());
    EXPECT_EQ(held.begin_read().after, 2);
}

TEST_F(FreshDeliveriesTest, HoldsADeliveryOnceThatIsCommittedAfterItWasRead) {
    read(batch({6}));
    held.committed(delivery(6));
    EXPECT_EQ(held.size(), 1U);
    elsewhere.insert(held.pop().id);
    held.committed(delivery(6));
    EXPECT_TRUE(held.empty());
}

TEST_F(FreshDeliveriesTest, FindsWhatIsCommittedBetweenTwoReads) {
    read(batch({1, 2}, true));
    held.committed(delivery(3));
    EXPECT_EQ(held.size(), 2U);
    read(batch({3}));
    EXPECT_EQ(pop_all(held), (Ids{1, 2, 3}));
    held.committed(delivery(4));
    EXPECT_EQ(held.size(), 1U);
}

TEST_F(FreshDeliveriesTest, AReadLeavesOutWhatIsInFlightOrEndedMeanwhile) {
    elsewhere = {1, 2};
    held.begin_read();
    elsewhere.erase(2);
    held.attempt_ended(2);
    held.end_read(batch({1, 2, 3}));
    EXPECT_EQ(pop_all(held), (Ids{3}));
    EXPECT_EQ(held.begin_read().after, 3);
}

TEST_F(FreshDeliveriesTest, AnAttemptThatEndedBeforeTheReadHidesNothing) {
    held.attempt_ended(1);
    read(batch({1}));
    EXPECT_EQ(pop_all(held), (Ids{1}));
}

TEST_F(FreshDeliveriesTest, ReadsAgainAfterAFailedRead) {
    held.begin_read();
    held.committed(delivery(9));
    held.end_read(failed_read());
    EXPECT_TRUE(held.wants_read());
    EXPECT_EQ(held.begin_read().after, 0);
    held.end_read(batch({9}));
    EXPECT_EQ(pop_all(held), (Ids{9}));
}

TEST_F(FreshDeliveriesTest, ForgetsWhatWasEdited) {
    read(batch({1, 2, 3}));
    held.forget(Selection{{2, 5}, {}, {}});
    EXPECT_EQ(held.size(), 2U);
    EXPECT_TRUE(held.wants_read());
    EXPECT_EQ(held.begin_read().after, 0);
    held.end_read(batch({1, 3}));
    EXPECT_EQ(pop_all(held), (Ids{1, 3}));
}

TEST_F(FreshDeliveriesTest, AnEditOfDeadLettersTakesNothingAway) {
    read(batch({1, 2}));
    held.forget(Selection{{}, DeliveryState::dead, {}});
    EXPECT_EQ(held.size(), 2U);
    EXPECT_TRUE(held.wants_read());
    auto retried = batch({7});
    held.add(std::move(retried.deliveries));
    EXPECT_EQ(pop_all(held), (Ids{1, 2, 7})) << "its attempts begin anew, so it is fresh";
}

TEST_F(FreshDeliveriesTest, WhatIsForgottenTakesNoRoom) {
    read(DueBatch{});
    for (int id = 1; id <= 8; ++id) {
        held.committed(delivery(id, 0, std::size_t{1} << 20));
    }
    held.forget();
    EXPECT_TRUE(held.empty());
    EXPECT_TRUE(held.wants_read());
    read(DueBatch{});
    held.committed(delivery(9));
    EXPECT_EQ(pop_all(held), (Ids{9}));
}

TEST_F(FreshDeliveriesTest, AReadThatBeganBeforeAnEditDoesNotCount) {
    held.begin_read();
    held.forget();
    held.end_read(batch({1, 2}));
    EXPECT_TRUE(held.empty());
    EXPECT_TRUE(held.wants_read());
}

} // namespace
} // namespace agent

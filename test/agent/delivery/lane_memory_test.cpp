#include "agent/delivery/lane_memory.hpp"

#include <gtest/gtest.h>

namespace agent {
namespace {

using Ids = std::vector<std::int64_t>;

Delivery delivery(std::int64_t id, std::uint32_t attempts = 0, std::size_t size = 10) {
    return {id,       "1", "e" + std::to_string(id), std::make_shared<const std::string>(size, 'x'),
            attempts, 0};
}

DueBatch batch(const Ids& ids, bool more = false, std::uint32_t attempts = 0) {
    DueBatch made;
    for (const auto id : ids) {
        made.deliveries.push_back(delivery(id, attempts));
    }
    made.more = more;
    return made;
}

struct LaneMemoryTest : ::testing::Test {
    std::unordered_set<std::int64_t> in_flight;
    LaneMemory memory{in_flight};

    void read_empty() {
        memory.begin_fresh();
        memory.end_fresh(DueBatch{});
        memory.begin_retries();
        memory.end_retries(DueBatch{});
    }
    Ids take_all_fresh() {
        Ids ids;
        while (memory.has_fresh()) {
            ids.push_back(memory.take_fresh().id);
        }
        return ids;
    }
    Ids take_all_retries() {
        Ids ids;
        while (memory.has_retry()) {
            ids.push_back(memory.take_retry().id);
        }
        return ids;
    }
};

TEST_F(LaneMemoryTest, KnowsNothingAtFirst) {
    EXPECT_TRUE(memory.wants_fresh());
    EXPECT_TRUE(memory.wants_retries());
    EXPECT_EQ(memory.begin_fresh().after, 0);
}

TEST_F(LaneMemoryTest, KeepsWhatIsOfferedOnceItHasReadTheEnd) {
    read_empty();
    EXPECT_FALSE(memory.wants_fresh());
    EXPECT_FALSE(memory.wants_retries());
    memory.offer(delivery(5));
    memory.offer(delivery(6));
    EXPECT_EQ(take_all_fresh(), (Ids{5, 6}));
    EXPECT_FALSE(memory.wants_fresh());
}

TEST_F(LaneMemoryTest, ReadsBackFromWhereMemoryEnds) {
    read_empty();
    for (int id = 1; id <= 300; ++id) {
        memory.offer(delivery(id));
    }
    const auto held = memory.size();
    EXPECT_LT(held, 300U);
    EXPECT_FALSE(memory.wants_fresh()) << "there is enough in memory";
    EXPECT_EQ(take_all_fresh().back(), static_cast<std::int64_t>(held));
    EXPECT_TRUE(memory.wants_fresh());
    EXPECT_EQ(memory.begin_fresh().after, static_cast<std::int64_t>(held));
    memory.end_fresh(batch({298, 299}, true));
    EXPECT_TRUE(memory.wants_fresh());
    EXPECT_EQ(memory.begin_fresh().after, 299);
    memory.end_fresh(batch({300}));
    EXPECT_FALSE(memory.wants_fresh());
    EXPECT_EQ(take_all_fresh(), (Ids{298, 299, 300}));
}

TEST_F(LaneMemoryTest, IsBoundedInBytesToo) {
    read_empty();
    for (int id = 1; id <= 20; ++id) {
        memory.offer(delivery(id, 0, std::size_t{1} << 20));
    }
    EXPECT_LE(memory.size(), 8U);
    const auto held = static_cast<std::int64_t>(memory.size());
    take_all_fresh();
    EXPECT_EQ(memory.begin_fresh().after, held);
}

TEST_F(LaneMemoryTest, WhatIsOfferedDuringTheReadIsKeptWhetherTheReadHasItOrNot) {
    memory.begin_fresh();
    memory.offer(delivery(7));
    memory.offer(delivery(8));
    memory.end_fresh(batch({6, 7}));
    EXPECT_FALSE(memory.wants_fresh());
    EXPECT_EQ(take_all_fresh(), (Ids{6, 7, 8}));
}

TEST_F(LaneMemoryTest, WhatIsOfferedDuringTheReadWaitsItsTurnWhereTheReadDidNotReachTheEnd) {
    memory.begin_fresh();
    memory.offer(delivery(9));
    memory.end_fresh(batch({6, 7}, true));
    EXPECT_EQ(take_all_fresh(), (Ids{6, 7}));
    EXPECT_EQ(memory.begin_fresh().after, 7);
    memory.end_fresh(batch({8, 9}));
    EXPECT_EQ(take_all_fresh(), (Ids{8, 9}));
}

TEST_F(LaneMemoryTest, ALateOfferOfWhatWasReadIsNoSecondOne) {
    memory.begin_fresh();
    memory.end_fresh(batch({6}));
    memory.offer(delivery(6));
    EXPECT_EQ(memory.size(), 1U);
    in_flight.insert(memory.take_fresh().id);
    memory.offer(delivery(6));
    EXPECT_EQ(memory.size(), 0U);
}

TEST_F(LaneMemoryTest, OfferedBetweenTwoReadsIsFoundByTheSecond) {
    memory.begin_fresh();
    memory.end_fresh(batch({1, 2}, true));
    memory.offer(delivery(3));
    EXPECT_EQ(memory.size(), 2U);
    memory.begin_fresh();
    memory.end_fresh(batch({3}));
    EXPECT_EQ(take_all_fresh(), (Ids{1, 2, 3}));
    memory.offer(delivery(4));
    EXPECT_EQ(memory.size(), 1U);
}

TEST_F(LaneMemoryTest, OfferedWhileRetriesAreReadIsNotForgotten) {
    memory.begin_fresh();
    memory.end_fresh(batch({1}, true));
    memory.begin_retries();
    memory.offer(delivery(2));
    memory.end_retries(DueBatch{});
    EXPECT_TRUE(memory.wants_fresh());
    EXPECT_EQ(memory.begin_fresh().after, 1);
}

TEST_F(LaneMemoryTest, WhatIsInFlightOrLandedDuringTheReadIsLeftOut) {
    in_flight = {1, 2};
    memory.begin_fresh();
    in_flight.erase(2);
    memory.attempt_ended(2);
    memory.end_fresh(batch({1, 2, 3}));
    EXPECT_EQ(take_all_fresh(), (Ids{3}));

    in_flight = {4, 5};
    memory.begin_retries();
    in_flight.erase(5);
    memory.attempt_ended(5);
    EXPECT_TRUE(memory.end_retries(batch({4, 5, 6}, false, 1)));
    EXPECT_EQ(take_all_retries(), (Ids{6}));
}

TEST_F(LaneMemoryTest, AsksForMoreRetriesThanItHasInHand) {
    in_flight = {1, 2, 3};
    const std::unordered_set<std::int64_t> none;
    const auto plain = LaneMemory{none}.begin_retries().limit;
    EXPECT_EQ(memory.begin_retries().limit, plain + 3);
    memory.end_retries(batch({5, 6}, true, 1));
    EXPECT_EQ(memory.begin_retries().limit, plain + 5);
    memory.end_retries(batch({5, 6, 7}, false, 1));
    EXPECT_EQ(take_all_retries(), (Ids{5, 6, 7}));
}

TEST_F(LaneMemoryTest, KnowsWhenTheNextRetryIsDue) {
    read_empty();
    EXPECT_FALSE(memory.next_due());
    memory.expect(500);
    memory.expect(700);
    EXPECT_EQ(memory.next_due(), 500);
    memory.begin_retries();
    memory.expect(650); // settled during the read
    auto found = batch({});
    found.next_due = 700;
    EXPECT_FALSE(memory.end_retries(std::move(found)));
    EXPECT_EQ(memory.next_due(), 650);
    memory.begin_retries();
    memory.end_retries(batch({1}, true, 1));
    EXPECT_EQ(memory.next_due(), 0) << "there is more: look again";
}

TEST_F(LaneMemoryTest, AfterAFailedReadItAsksAgain) {
    memory.begin_fresh();
    memory.offer(delivery(9));
    memory.end_fresh(common::fail(common::Fault::storage, "disk I/O error"));
    EXPECT_TRUE(memory.wants_fresh());
    EXPECT_EQ(memory.begin_fresh().after, 0);
    memory.end_fresh(batch({9}));
    memory.begin_retries();
    memory.end_retries(common::fail(common::Fault::storage, "disk I/O error"));
    EXPECT_TRUE(memory.wants_retries());
    EXPECT_EQ(take_all_fresh(), (Ids{9}));
}

TEST_F(LaneMemoryTest, ForgetsWhatWasEdited) {
    memory.begin_fresh();
    memory.end_fresh(batch({1, 2, 3}));
    memory.begin_retries();
    memory.end_retries(batch({4, 5}, false, 2));
    memory.forget(Selection{{2, 5}, {}, {}});
    EXPECT_EQ(memory.size(), 3U);
    EXPECT_TRUE(memory.wants_fresh());
    EXPECT_TRUE(memory.wants_retries());
    EXPECT_EQ(memory.begin_fresh().after, 0);
    memory.end_fresh(batch({1, 3}));
    EXPECT_EQ(take_all_fresh(), (Ids{1, 3}));
    EXPECT_EQ(take_all_retries(), (Ids{4}));
}

TEST_F(LaneMemoryTest, AnEditOfDeadLettersTakesNothingAway) {
    memory.begin_fresh();
    memory.end_fresh(batch({1, 2}));
    memory.forget(Selection{{}, DeliveryState::dead, {}});
    EXPECT_EQ(memory.size(), 2U);
    EXPECT_TRUE(memory.wants_retries());
    memory.begin_retries();
    EXPECT_TRUE(memory.end_retries(batch({7})));
    EXPECT_EQ(take_all_fresh(), (Ids{1, 2, 7})) << "its attempts begin anew, so it is fresh";
}

TEST_F(LaneMemoryTest, AReadThatBeganBeforeAnEditDoesNotCount) {
    memory.begin_fresh();
    memory.forget();
    memory.end_fresh(batch({1, 2}));
    EXPECT_EQ(memory.size(), 0U);
    EXPECT_TRUE(memory.wants_fresh());
    memory.begin_retries();
    memory.forget();
    EXPECT_FALSE(memory.end_retries(batch({3}, false, 1)));
    EXPECT_EQ(memory.size(), 0U);
    EXPECT_TRUE(memory.wants_retries());
}

} // namespace
} // namespace agent

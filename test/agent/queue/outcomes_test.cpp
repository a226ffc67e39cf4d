#include "agent/queue/outcomes.hpp"

#include <gtest/gtest.h>

namespace test {

using agent::Outcome;
using agent::RecordedOutcome;
using agent::UnwrittenOutcomes;

namespace {

RecordedOutcome settled(std::int64_t id, Outcome::Kind kind, std::uint32_t attempts = 1,
                        std::int64_t due = 0) {
    return {id,  id % 2 == 0 ? "even" : "odd",        kind, attempts, due,
            500, "error " + std::to_string(attempts), false};
}

/// A moment at which both clocks show the same number of milliseconds.
UnwrittenOutcomes::Now at(std::int64_t ms) {
    return {common::Instant{common::Millis{ms}}, ms};
}

} // namespace

TEST(UnwrittenOutcomes, StayUntilTheyAreWritten) {
    UnwrittenOutcomes held;
    EXPECT_FALSE(held.waiting());
    held.add(settled(1, Outcome::Kind::delivered), at(10));
    held.add(settled(2, Outcome::Kind::dead), at(10));
    EXPECT_TRUE(held.waiting());
    EXPECT_EQ(held.leaving().pending, 2U);
    EXPECT_EQ(held.leaving().dying, 1U);
    EXPECT_EQ(held.leaving("even").dying, 1U);
    EXPECT_EQ(held.leaving("odd").pending, 1U);
    EXPECT_EQ(held.leaving("none").pending, 0U);
    EXPECT_EQ(held.take_all().size(), 2U);
    EXPECT_FALSE(held.waiting());
    EXPECT_TRUE(held.being_written());
    EXPECT_TRUE(held.contains(1));
    held.written({}, {});
    EXPECT_FALSE(held.contains(1));
    EXPECT_EQ(held.leaving().pending, 0U);
    EXPECT_EQ(held.leaving().dying, 0U);
}

TEST(UnwrittenOutcomes, WaitAgainWhenRefused) {
    UnwrittenOutcomes held;
    held.add(settled(1, Outcome::Kind::retry, 1, 100), at(10));
    held.add(settled(3, Outcome::Kind::delivered), at(10));
    held.take_all();
    held.add(settled(1, Outcome::Kind::dead, 2), at(20)); // tried again meanwhile
    held.put_back({});
    const auto again = held.take_all();
    ASSERT_EQ(again.size(), 2U);
    EXPECT_EQ(again[0].latest.kind, Outcome::Kind::dead);
    ASSERT_EQ(again[0].attempts.size(), 2U) << "no attempt is lost from the history";
    EXPECT_EQ(again[0].attempts[0].attempt, 1U);
    EXPECT_EQ(again[0].attempts[0].at, 10);
    EXPECT_EQ(again[0].attempts[1].attempt, 2U);
    EXPECT_EQ(again[1].latest.id, 3);
    EXPECT_EQ(held.leaving().pending, 2U);
    held.written({}, {});
    EXPECT_EQ(held.leaving().pending, 0U);
}

TEST(UnwrittenOutcomes, TheLatestWordCounts) {
    UnwrittenOutcomes held;
    held.add(settled(1, Outcome::Kind::dead), at(10));
    held.add(settled(1, Outcome::Kind::delivered, 2), at(20));
    EXPECT_EQ(held.leaving().pending, 1U);
    EXPECT_EQ(held.leaving().dying, 0U);
    EXPECT_EQ(held.take_all().size(), 1U);
}

TEST(UnwrittenOutcomes, KnowWhoseTheyAre) {
    UnwrittenOutcomes held;
    held.add(settled(4, Outcome::Kind::retry, 1, 400), at(10));
    held.add(settled(2, Outcome::Kind::retry, 1, 300), at(10));
    held.add(settled(1, Outcome::Kind::retry, 1, 100), at(10));
    held.take_all();
    held.add(settled(6, Outcome::Kind::delivered), at(10));
    EXPECT_EQ(held.ids({"even"}), (std::vector<std::int64_t>{2, 4, 6}));
    EXPECT_EQ(held.earliest_due({"even"}, 0), 300);
    EXPECT_EQ(held.earliest_due({"even", "odd"}, 0), 100);
    EXPECT_EQ(held.earliest_due({"even", "odd"}, 100), 300);
    EXPECT_FALSE(held.earliest_due({"none"}, 0));
    const auto due = held.due({"even"}, 300);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].id, 2);
    EXPECT_TRUE(held.due({"odd"}, 99).empty());
}

TEST(UnwrittenOutcomes, APersonsRetryIsTheLatestWord) {
    UnwrittenOutcomes held;
    held.add(settled(1, Outcome::Kind::retry, 3, 1'000), at(10));
    held.take_all();
    held.add(settled(2, Outcome::Kind::dead, 4), at(10));
    held.add(settled(4, Outcome::Kind::delivered), at(10));
    EXPECT_EQ(held.make_due_now({{}, agent::DeliveryState::dead, "odd"}, at(50)), 0U);
    EXPECT_TRUE(held.due({"odd"}, 50).empty());
    EXPECT_EQ(held.make_due_now({}, at(50)), 1U);
    EXPECT_EQ(held.leaving().dying, 0U);
    EXPECT_EQ(held.leaving().pending, 1U) << "the delivered one";
    held.written({}, {}); // as it was before
    const auto due = held.due({"even", "odd"}, 50);
    ASSERT_EQ(due.size(), 2U);
    EXPECT_EQ(due[0].attempts, 3U);
    EXPECT_EQ(due[1].attempts, 0U) << "a dead letter has fresh attempts";
    EXPECT_TRUE(held.is_retry(2, 0));
    EXPECT_FALSE(held.is_retry(4, 1));
}

TEST(UnwrittenOutcomes, CutLongErrorsAndLongHistories) {
    UnwrittenOutcomes held;
    for (std::uint32_t attempt = 1; attempt <= 30; ++attempt) {
        auto one = settled(1, Outcome::Kind::retry, attempt);
        one.error = std::string(10'000, 'x');
        held.add(std::move(one), at(attempt));
    }
    const auto taken = held.take_all();
    ASSERT_EQ(taken[0].attempts.size(), agent::history_length);
    EXPECT_EQ(taken[0].attempts.back().attempt, 30U);
    EXPECT_LE(taken[0].latest.error.size(), 500U);
}

} // namespace test

#include "agent/queue/outcomes.hpp"

#include <gtest/gtest.h>

namespace test {

using agent::Outcome;
using agent::RecordedOutcome;
using agent::UnwrittenOutcomes;

namespace {

RecordedOutcome outcome_of(std::int64_t id, Outcome::Kind kind, std::uint32_t attempts = 1,
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
    UnwrittenOutcomes outcomes;
    EXPECT_FALSE(outcomes.waiting());
    outcomes.add(outcome_of(1, Outcome::Kind::delivered), at(10));
    outcomes.add(outcome_of(2, Outcome::Kind::dead), at(10));
    EXPECT_TRUE(outcomes.waiting());
    EXPECT_EQ(outcomes.leaving().pending, 2U);
    EXPECT_EQ(outcomes.leaving().dying, 1U);
    EXPECT_EQ(outcomes.leaving("even").dying, 1U);
    EXPECT_EQ(outcomes.leaving("odd").pending, 1U);
    EXPECT_EQ(outcomes.leaving("none").pending, 0U);
    EXPECT_EQ(outcomes.take_all().size(), 2U);
    EXPECT_FALSE(outcomes.waiting());
    EXPECT_TRUE(outcomes.being_written());
    EXPECT_TRUE(outcomes.contains(1));
    outcomes.written({}, {});
    EXPECT_FALSE(outcomes.contains(1));
    EXPECT_EQ(outcomes.leaving().pending, 0U);
    EXPECT_EQ(outcomes.leaving().dying, 0U);
}

TEST(UnwrittenOutcomes, WaitAgainWhenTheyAreRefused) {
    UnwrittenOutcomes outcomes;
    outcomes.add(outcome_of(1, Outcome::Kind::retry, 1, 100), at(10));
    outcomes.add(outcome_of(3, Outcome::Kind::delivered), at(10));
    outcomes.take_all();
    outcomes.add(outcome_of(1, Outcome::Kind::dead, 2), at(20)); // attempted again in the meantime
    outcomes.put_back({});
    const auto again = outcomes.take_all();
    ASSERT_EQ(again.size(), 2U);
    EXPECT_EQ(again[0].latest.kind, Outcome::Kind::dead);
    ASSERT_EQ(again[0].attempts.size(), 2U) << "no attempt is lost from the history";
    EXPECT_EQ(again[0].attempts[0].attempt, 1U);
    EXPECT_EQ(again[0].attempts[0].at, 10);
    EXPECT_EQ(again[0].attempts[1].attempt, 2U);
    EXPECT_EQ(again[1].latest.id, 3);
    EXPECT_EQ(outcomes.leaving().pending, 2U);
    outcomes.written({}, {});
    EXPECT_EQ(outcomes.leaving().pending, 0U);
}

TEST(UnwrittenOutcomes, TheLatestOutcomeCounts) {
    UnwrittenOutcomes outcomes;
    outcomes.add(outcome_of(1, Outcome::Kind::dead), at(10));
    outcomes.add(outcome_of(1, Outcome::Kind::delivered, 2), at(20));
    EXPECT_EQ(outcomes.leaving().pending, 1U);
    EXPECT_EQ(outcomes.leaving().dying, 0U);
    EXPECT_EQ(outcomes.take_all().size(), 1U);
}

TEST(UnwrittenOutcomes, AreFoundByWebhook) {
    UnwrittenOutcomes outcomes;
    outcomes.add(outcome_of(4, Outcome::Kind::retry, 1, 400), at(10));
    outcomes.add(outcome_of(2, Outcome::Kind::retry, 1, 300), at(10));
    outcomes.add(outcome_of(1, Outcome::Kind::retry, 1, 100), at(10));
    outcomes.take_all();
    outcomes.add(outcome_of(6, Outcome::Kind::delivered), at(10));
    EXPECT_EQ(outcomes.ids({"even"}, 0), (std::vector<std::int64_t>{2, 4, 6}));
    EXPECT_EQ(outcomes.ids({"even"}, 2), (std::vector<std::int64_t>{4, 6}));
    EXPECT_EQ(outcomes.earliest_due({"even"}, 0), 300);
    EXPECT_EQ(outcomes.earliest_due({"even", "odd"}, 0), 100);
    EXPECT_EQ(outcomes.earliest_due({"even", "odd"}, 100), 300);
    EXPECT_FALSE(outcomes.earliest_due({"none"}, 0));
    const auto due = outcomes.due({"even"}, 300);
    ASSERT_EQ(due.size(), 1U);
    EXPECT_EQ(due[0].id, 2);
    EXPECT_TRUE(outcomes.due({"odd"}, 99).empty());
}

TEST(UnwrittenOutcomes, AnOperatorsRetryIsTheLatestOutcome) {
    UnwrittenOutcomes outcomes;
    outcomes.add(outcome_of(1, Outcome::Kind::retry, 3, 1'000), at(10));
    outcomes.take_all();
    outcomes.add(outcome_of(2, Outcome::Kind::dead, 4), at(10));
    outcomes.add(outcome_of(4, Outcome::Kind::delivered), at(10));
    EXPECT_EQ(outcomes.make_due_now({{}, agent::DeliveryState::dead, "odd"}, at(50)), 0U);
    EXPECT_TRUE(outcomes.due({"odd"}, 50).empty());
    EXPECT_EQ(outcomes.make_due_now({}, at(50)), 1U);
    EXPECT_EQ(outcomes.leaving().dying, 0U);
    EXPECT_EQ(outcomes.leaving().pending, 1U) << "the delivered one";
    outcomes.written({}, {}); // as it was before
    const auto due = outcomes.due({"even", "odd"}, 50);
    ASSERT_EQ(due.size(), 2U);
    EXPECT_EQ(due[0].attempts, 3U);
    EXPECT_EQ(due[1].attempts, 0U) << "a dead letter has fresh attempts";
    EXPECT_TRUE(outcomes.is_retry(2, 0));
    EXPECT_FALSE(outcomes.is_retry(4, 1));
}

TEST(UnwrittenOutcomes, KnowSinceWhenTheyWait) {
    const auto since = [](std::int64_t ms) { return std::optional{at(ms).instant}; };
    UnwrittenOutcomes outcomes;
    EXPECT_EQ(outcomes.make_due_now({}, at(5)), 0U);
    EXPECT_FALSE(outcomes.waiting_since()) << "nothing to make due";
    outcomes.add(outcome_of(1, Outcome::Kind::retry, 1, 100), at(10));
    outcomes.add(outcome_of(2, Outcome::Kind::delivered), at(20));
    EXPECT_EQ(outcomes.waiting_since(), since(10));
    outcomes.take_all();
    EXPECT_FALSE(outcomes.waiting_since());
    outcomes.put_back(at(30).instant);
    EXPECT_EQ(outcomes.waiting_since(), since(30)) << "counted again from the refusal";
    outcomes.take_all();
    outcomes.written({2}, at(40).instant);
    EXPECT_EQ(outcomes.waiting_since(), since(40));
    outcomes.take_all();
    outcomes.add(outcome_of(3, Outcome::Kind::delivered), at(50));
    outcomes.put_back(at(60).instant);
    EXPECT_EQ(outcomes.waiting_since(), since(50));
    outcomes.take_all();
    outcomes.written({}, at(70).instant);
    EXPECT_FALSE(outcomes.waiting_since());
    outcomes.add(outcome_of(5, Outcome::Kind::retry, 1, 100), at(80));
    outcomes.take_all();
    outcomes.make_due_now({}, at(90));
    EXPECT_EQ(outcomes.waiting_since(), since(90)) << "changed while it was being written";
}

TEST(UnwrittenOutcomes, CutLongErrorsAndLongHistories) {
    UnwrittenOutcomes outcomes;
    for (std::uint32_t attempt = 1; attempt <= 30; ++attempt) {
        auto one = outcome_of(1, Outcome::Kind::retry, attempt);
        one.error = std::string(10'000, 'x');
        outcomes.add(std::move(one), at(attempt));
    }
    const auto taken = outcomes.take_all();
    ASSERT_EQ(taken[0].attempts.size(), agent::history_length);
    EXPECT_EQ(taken[0].attempts.back().attempt, 30U);
    EXPECT_LE(taken[0].latest.error.size(), 500U);
}

} // namespace test

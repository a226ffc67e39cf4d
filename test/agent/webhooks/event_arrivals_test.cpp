#include "agent/webhooks/event_arrivals.hpp"

#include <gtest/gtest.h>

namespace {

using common::Millis;

TEST(EventArrivals, KnowTheUsualAndTheLongestGap) {
    agent::EventArrivals arrivals;
    const common::Instant start{std::chrono::hours{5}};
    EXPECT_EQ(arrivals.last(), std::nullopt);
    arrivals.note(start);
    EXPECT_EQ(arrivals.last(), start);
    EXPECT_EQ(arrivals.usual_gap(), std::nullopt) << "one event says nothing about the next";
    arrivals.note(start + Millis{1'000});
    arrivals.note(start + Millis{5'000});
    arrivals.note(start + Millis{6'000});
    EXPECT_EQ(arrivals.last(), start + Millis{6'000});
    EXPECT_EQ(arrivals.usual_gap(), Millis{2'000});
    EXPECT_EQ(arrivals.longest_gap(), Millis{4'000});
}

} // namespace

#include "agent/delivery/tried_deliveries.hpp"

#include <gtest/gtest.h>

namespace {

agent::Delivery delivery(std::int64_t id) {
    agent::Delivery one;
    one.id = id;
    one.accepted_at = id * 10;
    return one;
}

TEST(TriedDeliveries, KnowTheOldestUntilItIsDone) {
    agent::TriedDeliveries tried;
    EXPECT_EQ(tried.oldest(), std::nullopt);
    for (const std::int64_t id : {7, 3, 5, 3}) {
        tried.add(delivery(id));
    }
    EXPECT_EQ(tried.oldest(), 30);
    tried.done(3);
    EXPECT_EQ(tried.oldest(), 50);
    tried.done(9);
    EXPECT_EQ(tried.oldest(), 50);
    tried.clear();
    EXPECT_EQ(tried.oldest(), std::nullopt);
}

TEST(TriedDeliveries, ForgetWhatWasChangedFromOutside) {
    agent::TriedDeliveries tried;
    tried.add(delivery(3));
    tried.add(delivery(5));
    tried.forget({{3}, agent::DeliveryState::dead, {}});
    EXPECT_EQ(tried.oldest(), 30) << "those here are pending";
    tried.forget({{3}, {}, {}});
    EXPECT_EQ(tried.oldest(), 50);
    tried.forget({});
    EXPECT_EQ(tried.oldest(), std::nullopt);
}

TEST(TriedDeliveries, AreBoundedAndKeepTheOldest) {
    agent::TriedDeliveries tried;
    for (std::int64_t id = 1000; id > 0; --id) {
        tried.add(delivery(id));
    }
    for (std::int64_t id = 1; id <= 64; ++id) {
        EXPECT_EQ(tried.oldest(), id * 10);
        tried.done(id);
    }
    EXPECT_EQ(tried.oldest(), std::nullopt);
}

} // namespace

#include "agent/delivery/delivery_end.hpp"

#include "agent/webhooks/test_event.hpp"

#include <gtest/gtest.h>

namespace agent {
namespace {

TEST(DeliveryEnd, ExpiresByMaxAgeAndATestByItsMinute) {
    struct Row {
        const char* id;
        std::int64_t max_age;
        std::int64_t age;
        bool expired;
    };
    const auto test = test_event_id("1");
    for (const auto& row :
         {Row{"1", 0, 1'000'000'000, false}, Row{"1", 500, 500, false}, Row{"1", 500, 501, true},
          Row{test.c_str(), 0, 60'000, false}, Row{test.c_str(), 0, 60'001, true},
          Row{test.c_str(), 3'600'000, 60'001, true}}) {
        Webhook webhook;
        webhook.settings.max_age = common::Millis{row.max_age};
        Delivery delivery;
        delivery.event_id = row.id;
        delivery.accepted_at = 1'000;
        EXPECT_EQ(is_expired(delivery, webhook, 1'000 + row.age), row.expired)
            << row.id << ' ' << row.max_age << ' ' << row.age;
    }
}

TEST(DeliveryEnd, IsRecorded) {
    Delivery delivery;
    delivery.id = 65536;
    delivery.webhook = "7";
    delivery.event_id = "1";
    delivery.attempts = 2;
    const auto expiry = expiry_of(delivery);
    EXPECT_EQ(expiry.id, 65536);
    EXPECT_EQ(expiry.attempts, 2U) << "none was made";
    EXPECT_TRUE(expiry.expired);
    EXPECT_FALSE(expiry.test);

    delivery.event_id = test_event_id("1");
    Outcome outcome;
    outcome.kind = Outcome::Kind::retry;
    outcome.status = 503;
    outcome.error = "503 Service Unavailable";
    const auto recorded = record_of(delivery, outcome);
    EXPECT_EQ(recorded.webhook, "7");
    EXPECT_EQ(recorded.attempts, 3U);
    EXPECT_EQ(recorded.status, 503U);
    EXPECT_EQ(recorded.error, outcome.error);
    EXPECT_FALSE(recorded.expired);
    EXPECT_TRUE(recorded.test);
}

} // namespace
} // namespace agent

#include "agent/cli/delivery_text.hpp"

#include <cstdlib>
#include <ctime>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using agent::local_time;
using agent::TimeForm;
using nlohmann::json;

/// Whoever reads it sits in Moscow, three hours before Greenwich.
class DeliveryTextTest : public testing::Test {
  protected:
    DeliveryTextTest() {
        ::setenv("TZ", "MSK-3", 1);
        ::tzset();
    }
    ~DeliveryTextTest() override {
        ::unsetenv("TZ");
        ::tzset();
    }

    json row = {{"id", 118'095'873},
                {"state", "dead"},
                {"webhook", "7"},
                {"name", "front door"},
                {"event_id", "4589691150480880065"},
                {"accepted_at", "2026-11-28T15:03:12Z"},
                {"age_s", 125.7},
                {"attempts", 3},
                {"next_attempt_s", nullptr},
                {"last_status", 503},
                {"last_error", "503 Service Unavailable"}};
};

TEST_F(DeliveryTextTest, ShowsTimesWhereTheReaderIs) {
    EXPECT_EQ(local_time("2026-11-28T15:03:12Z"), "2026-11-28 18:03:12");
    EXPECT_EQ(local_time("2026-12-31T23:00:00Z"), "2027-01-01 02:00:00");
    EXPECT_EQ(local_time("1970-01-01T00:00:00Z"), "1970-01-01 03:00:00");
    for (const auto* other : {"", "never", "2026-11-28", "2026-11-28T15:03:12Z tomorrow"}) {
        EXPECT_EQ(local_time(other), other);
    }
}

TEST_F(DeliveryTextTest, ListsDeliveriesByAgeOrByClock) {
    EXPECT_EQ(
        agent::deliveries_text(json::array({row}), TimeForm::age, {}),
        "ID      STATE  WEBHOOK       EVENT ID             AGE    ATTEMPTS  NEXT  LAST ERROR\n"
        "1802.1  dead   7 front door  4589691150480880065  2m 5s  3         -     503 Service "
        "Unavailable\n");
    row["webhook"] = "local:gate";
    row["name"] = "gate";
    row["last_error"] = nullptr;
    EXPECT_EQ(
        agent::deliveries_text(json::array({row}), TimeForm::clock, {}),
        "ID      STATE  WEBHOOK     EVENT ID             ACCEPTED             ATTEMPTS  NEXT  LAST "
        "ERROR\n"
        "1802.1  dead   local:gate  4589691150480880065  2026-11-28 18:03:12  3         -     \n");
}

TEST_F(DeliveryTextTest, FitsIntoEightyColumnsEitherWay) {
    for (const auto form : {TimeForm::age, TimeForm::clock}) {
        const auto text = agent::deliveries_text(json::array({row}), form, {80, false});
        EXPECT_EQ(text.find("ID      STATE  WEBHOOK"), 0U) << text;
        EXPECT_NE(text.find("503 Service"), std::string::npos) << text;
    }
}

TEST_F(DeliveryTextTest, ShowsOneDeliveryWithItsAttempts) {
    row["event"] = {{"camera", 1}};
    row["history"] = json::array({{{"attempt", 3},
                                   {"at", "2026-11-28T15:03:20Z"},
                                   {"age_s", 117},
                                   {"status", 503},
                                   {"error", "503 \x1b[31m"}}});
    EXPECT_EQ(agent::delivery_text(row, {}),
              "delivery      1802.1 (118095873), dead\n"
              "webhook       7 \"front door\"\n"
              "event id      4589691150480880065\n"
              "accepted      2026-11-28 18:03:12 (2m 5s ago)\n"
              "attempts      3\n"
              "next attempt  -\n"
              "last error    503 Service Unavailable\n"
              "attempt 3: 2026-11-28 18:03:20 (1m 57s ago), 503 \\x1b[31m\n"
              "event\n{\n  \"camera\": 1\n}\n");
}

} // namespace

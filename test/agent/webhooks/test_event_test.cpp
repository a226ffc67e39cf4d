#include "agent/webhooks/test_event.hpp"

#include "agent/events/event.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace agent {
namespace {

using nlohmann::json;

constexpr const char* uuid = "01920000-0000-7000-8000-000000000000";

TEST(TestEvent, IsKnownByItsId) {
    EXPECT_TRUE(is_test_event(test_event_id(uuid)));
    for (const auto* other : {"", "ffl-test", "test-1", "FFL-TEST-1", uuid}) {
        EXPECT_FALSE(is_test_event(other)) << other;
    }
}

TEST(TestEvent, TheSampleMeetsTheFiltersThatNameSomething) {
    struct Row {
        json filters;
        json expected; ///< of the sample, beside id and test
    };
    for (const auto& row : {
             Row{json::object(), {{"type", "face"}, {"camera", 1}}},
             Row{nullptr, {{"type", "face"}, {"camera", 1}}},
             Row{{{"type_in", "car"}, {"camera_in", {7, 8}}}, {{"type", "car"}, {"camera", 7}}},
             Row{{{"type_in", json::array()}, {"card_in", {5}}, {"matched", true}},
                 {{"type", "face"}, {"camera", 1}, {"matched_card", 5}, {"matched", true}}},
             Row{{{"license_plate_number", "A1"}},
                 {{"type", "car"}, {"camera", 1}, {"license_plate_number", "A1"}}},
             Row{{{"license_plate_event_number", "A1"}},
                 {{"type", "license_plate"}, {"camera", 1}, {"license_plate_number", "A1"}}},
         }) {
        const auto webhook = read_webhook(
            "1", {{"name", "x"}, {"target", "http://a.example/"}, {"filters", row.filters}});
        const auto text = sample_event(webhook, uuid);
        auto expected = row.expected;
        expected["id"] = std::string{"test-"} + uuid;
        expected["test"] = true;
        EXPECT_EQ(json::parse(text), expected);
        const auto event = read_event(text);
        ASSERT_TRUE(event);
        EXPECT_FALSE(is_test_event(*event->id)) << "an agent may be the target";
    }
}

} // namespace
} // namespace agent

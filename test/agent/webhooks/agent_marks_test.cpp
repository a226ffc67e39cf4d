#include "agent/webhooks/delivery.hpp"
#include "test/agent/webhooks/header_of.hpp"

#include <gtest/gtest.h>

namespace agent {
namespace {

TEST(MakeRequest, IsMarkedForAgents) {
    Webhook webhook;
    webhook.key = "12";
    webhook.target = common::parse_url("http://door.example/").value();
    Delivery delivery;
    delivery.event_id = "7";
    delivery.event = std::make_shared<const std::string>(R"({"id":"7"})");
    EXPECT_EQ(header_of(make_request(webhook, delivery, 1, 0), "ffl-via"), "(none)");
    EXPECT_EQ(header_of(make_request(webhook, delivery, 1, 0), "ffl-event-id"), "(none)")
        << "the event has it";
    webhook.settings.agent_id = "me";
    delivery.event_id = "01890a5d-ac96-774b-bcce-b302099a8057";
    EXPECT_EQ(header_of(make_request(webhook, delivery, 1, 0), "ffl-via"), "me");
    EXPECT_EQ(header_of(make_request(webhook, delivery, 1, 0), "ffl-event-id"), delivery.event_id);
}

} // namespace
} // namespace agent

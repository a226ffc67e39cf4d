#include "agent/webhooks/webhook_index.hpp"
#include "test/agent/webhooks/filter_fixture.hpp"
#include "test/support/random_filters.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iterator>

using agent::Snapshot;
using agent::Webhook;
using agent::WebhookIndex;
using agent::WebhookState;
using nlohmann::json;

namespace {

using Webhooks = std::vector<std::shared_ptr<const Webhook>>;

std::shared_ptr<const Webhook> webhook_of(const json& filters, const std::string& name,
                                          WebhookState state = WebhookState::serving) {
    auto webhook = agent::read_webhook(
        name, {{"name", name}, {"target", "http://127.0.0.1/"}, {"filters", filters}});
    EXPECT_EQ(webhook.reason, "");
    webhook.state = state;
    return std::make_shared<const Webhook>(std::move(webhook));
}

WebhookIndex index_of(Webhooks webhooks) {
    return WebhookIndex{std::make_shared<const Snapshot>(Snapshot{std::move(webhooks)})};
}

/// Named by their place.
WebhookIndex index_of(std::size_t count, json (*filters)(std::size_t)) {
    Webhooks webhooks;
    for (std::size_t i = 0; i < count; ++i) {
        webhooks.push_back(webhook_of(filters(i), std::to_string(i)));
    }
    return index_of(std::move(webhooks));
}

std::string names(const Webhooks& webhooks) {
    std::string text;
    for (const auto& webhook : webhooks) {
        text += (text.empty() ? "" : " ") + webhook->name;
    }
    return text;
}

std::string matching(const WebhookIndex& index, std::string_view event) {
    return names(index.match(agent::event_of(event)));
}

std::size_t checked(const WebhookIndex& index, std::string_view event) {
    return index.candidates(agent::event_of(event));
}

/// What the index must find: each webhook is looked at.
Webhooks matching_each(const Snapshot& snapshot, const agent::Event& event) {
    Webhooks matching;
    std::ranges::copy_if(snapshot.webhooks, std::back_inserter(matching), [&](const auto& one) {
        return one->state == WebhookState::serving && one->filters.matches(event);
    });
    return matching;
}

} // namespace

TEST(WebhookIndex, FindsTheServingWebhooksInTheirOrder) {
    const auto index = index_of({
        webhook_of({{"card_in", 5}}, "card"),
        webhook_of({{"confidence_gte", 0.5}}, "sure"),
        webhook_of({{"camera_in", {1, 2}}}, "off", WebhookState::inactive),
        webhook_of({{"camera_in", {1, 2}}}, "left out", WebhookState::excluded),
        webhook_of({{"camera_in", {1, 2}}}, "faulty", WebhookState::unsupported),
        webhook_of({{"camera_in", {2, 1, 1}}}, "camera"),
        webhook_of(nullptr, "all"),
        webhook_of({{"type_in", "face"}}, "faces"),
        webhook_of({{"type_in", json::array()}}, "none"),
        webhook_of({{"license_plate_number", "A1"}}, "plate"),
    });
    EXPECT_EQ(matching(index, R"({"type":"face","camera":1,"matched_card":5,"confidence":0.5})"),
              "card sure camera all faces");
    EXPECT_EQ(matching(index, R"({"type":"car","camera":3,"license_plate_number":"A1"})"),
              "all plate");
    EXPECT_EQ(matching(index, R"({"type":"license_plate","license_plate_number":"A1"})"), "all");
    EXPECT_EQ(matching(index, "{}"), "all");
    EXPECT_EQ(matching(index_of({}), R"({"type":"face"})"), "");
}

TEST(WebhookIndex, TellsIdsApartThatAreOneAsADouble) {
    const auto index = index_of({
        webhook_of({{"camera_in", 9007199254740993}}, "odd"),
        webhook_of({{"camera_in", 9007199254740992}}, "even"),
        webhook_of({{"camera_in", -1}}, "negative"),
        webhook_of({{"camera_in", 18446744073709551615U}}, "largest"),
        webhook_of({{"camera_in", 18446744073709551614U}}, "second"),
    });
    EXPECT_EQ(matching(index, R"({"camera":9007199254740993})"), "odd");
    EXPECT_EQ(matching(index, R"({"camera":{"id":9007199254740992}})"), "even");
    EXPECT_EQ(matching(index, R"({"camera":-1})"), "negative");
    EXPECT_EQ(matching(index, R"({"camera":18446744073709551615})"), "largest");
    EXPECT_EQ(matching(index, R"({"camera":18446744073709551614})"), "second");
    for (const auto* camera : {"-1.0", "1.8446744073709551615e19", R"("-1")", "[-1]", "null"}) {
        EXPECT_EQ(matching(index, R"({"camera":)" + std::string{camera} + "}"), "") << camera;
    }
}

TEST(WebhookIndex, ChecksFewOfManyWebhooks) {
    constexpr std::size_t many = 2'000;
    constexpr std::string_view face = R"({"type":"face","camera":7,"matched_card":1321})";
    // Whatever all of them share, they are told apart by the rest.
    const auto by_card = index_of(many, [](std::size_t i) {
        return json{{"type_in", "face"}, {"camera_in", {7, 8}}, {"card_in", i}};
    });
    EXPECT_EQ(matching(by_card, face), "1321");
    EXPECT_EQ(checked(by_card, face), 1U);
    EXPECT_EQ(checked(by_card, R"({"type":"face","camera":7})"), 0U);

    const auto by_camera = index_of(many, [](std::size_t i) {
        return json{{"camera_in", {i, i + 1}}, {"card_in", {1321, 1322}}, {"matched", true}};
    });
    EXPECT_EQ(matching(by_camera, face), "6 7");
    EXPECT_EQ(checked(by_camera, face), 2U);

    const auto by_plate = index_of(many, [](std::size_t i) {
        return json{{"camera_in", 7},
                    {i % 2 == 0 ? "license_plate_number" : "license_plate_event_number",
                     "A" + std::to_string(i)}};
    });
    EXPECT_EQ(checked(by_plate, face), 0U);
    constexpr std::string_view car = R"({"type":"car","camera":7,"license_plate_number":"A42"})";
    EXPECT_EQ(matching(by_plate, car), "42");
    EXPECT_EQ(checked(by_plate, car), 1U);

    const auto by_mask = index_of(many, [](std::size_t i) {
        return json{{"confidence_gte", 0.5},
                    {"medmask", {{"name", i == 77 ? "none" : "incorrect"}}}};
    });
    EXPECT_EQ(checked(by_mask, face), 0U);
    EXPECT_EQ(matching(by_mask, R"({"confidence":1,"medmask":"none"})"), "77");
    EXPECT_EQ(checked(by_mask, R"({"confidence":1,"medmask":"none"})"), 1U);
}

TEST(WebhookIndex, ChecksEachWebhookThatNamesNoValue) {
    const auto index = index_of({
        webhook_of({{"confidence_gte", 0.5}, {"yaw_lte", 3}}, "bounds"),
        webhook_of({{"medmask", json::object()}}, "no parts"),
        webhook_of({{"medmask", {{"confidence_lte", 0.5}}}}, "part"),
        webhook_of(json::object(), "all"),
        webhook_of({{"camera_in", 1}}, "camera"),
    });
    EXPECT_EQ(checked(index, R"({"camera":2})"), 4U);
    EXPECT_EQ(checked(index, R"({"camera":1})"), 5U);
    EXPECT_EQ(matching(index, R"({"camera":1})"), "no parts all camera");
}

TEST(WebhookIndex, FindsWhatALookAtEachWebhookFinds) {
    constexpr unsigned sets = 400;
    constexpr unsigned events = 25;
    test::RandomFilters maker{20241128};
    std::size_t found = 0;
    std::size_t checked = 0;
    std::size_t all = 0;
    for (unsigned set = 0; set < sets; ++set) {
        Snapshot snapshot;
        for (auto left = maker.below(set % 10 == 0 ? 400 : 40); left > 0; --left) {
            const auto state = maker.chance(90) ? WebhookState::serving
                                                : static_cast<WebhookState>(maker.below(4));
            snapshot.webhooks.push_back(
                webhook_of(maker.filters(), std::to_string(snapshot.webhooks.size()), state));
        }
        const WebhookIndex index{std::make_shared<const Snapshot>(snapshot)};
        for (unsigned i = 0; i < events; ++i) {
            const auto text = maker.event();
            const auto event = agent::event_of(text);
            const auto expected = matching_each(snapshot, event);
            ASSERT_EQ(names(index.match(event)), names(expected)) << "set " << set << "\n" << text;
            found += expected.size();
            checked += index.candidates(event);
            all += snapshot.webhooks.size();
        }
    }
    // It occurred often enough that webhooks matched and that they were not even looked at.
    EXPECT_GT(found, all / 10);
    EXPECT_LT(checked, all * 2 / 3);
    EXPECT_GE(checked, found);
}

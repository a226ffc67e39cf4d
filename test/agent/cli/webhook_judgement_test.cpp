#include "agent/cli/webhook_judgement.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace {

using agent::Level;
using nlohmann::json;

std::shared_ptr<agent::Webhook> webhook(const std::string& key, json extra = json::object()) {
    json definition{{"name", "n" + key}, {"target", "http://10.0.0.7/"}};
    definition.update(extra);
    return std::make_shared<agent::Webhook>(agent::read_webhook(key, definition));
}

std::string lines(const agent::Snapshot& snapshot) {
    std::string all;
    for (const auto& one : agent::judge_webhooks(snapshot)) {
        all += (one.level == Level::ok ? "ok " : "warn ") + one.what.substr(0, 40) + "\n";
        EXPECT_EQ(one.fix.empty(), one.level == Level::ok) << one.what;
    }
    return all;
}

TEST(WebhookJudgement, CountsWhatIsServedAndSaysWhyTheRestIsNot) {
    const auto odd = webhook("3", {{"filters", {{"yaw_gte", 5}, {"yaw_lte", 1}}}});
    const auto excluded = webhook("4");
    excluded->state = agent::WebhookState::excluded;
    const auto unknown = webhook("5", {{"filters", {{"colour", 1}}}});
    const auto off = webhook("6", {{"active", false}});
    const struct {
        std::vector<std::shared_ptr<const agent::Webhook>> webhooks;
        const char* lines;
    } table[] = {
        {{}, "warn there are no webhooks: nothing is delive\n"},
        {{webhook("1")}, "ok 1 of 1 webhooks is served here: 1 n1\n"},
        {{webhook("1"), webhook("2")}, "ok 2 of 2 webhooks are served here: 1 n1, 2\n"},
        {{odd},
         "ok 1 of 1 webhooks is served here: 3 n3\nwarn webhook 3 n3: yaw_gte 5 is above "
         "yaw_lte\n"},
        {{excluded},
         "warn none of 1 webhooks is served here: nothi\n"
         "ok not served, as [webhooks] include and ex\n"},
        {{webhook("1"), off},
         "ok 1 of 2 webhooks is served here: 1 n1\nok not served, as they are not active: 6 n6\n"},
        {{webhook("1"), unknown},
         "ok 1 of 2 webhooks is served here: 1 n1\nwarn webhook 5 n5 is not served: unknown "
         "filt\n"},
        {{webhook("local:n", {{"filters", {{"colour", 1}}}})},
         "warn none of 1 webhooks is served here: nothi\n"}, // its fault is told with its file
    };
    for (const auto& row : table) {
        EXPECT_EQ(lines(agent::Snapshot{row.webhooks}), row.lines);
    }
}

TEST(WebhookJudgement, NamesTenWebhooksAndCountsTheOthers) {
    std::vector<std::shared_ptr<const agent::Webhook>> many(12, webhook("7"));
    EXPECT_TRUE(agent::show_webhooks(many).ends_with("7 n7 and 2 more"));
}

} // namespace

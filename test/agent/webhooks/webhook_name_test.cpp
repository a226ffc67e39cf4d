#include "agent/webhooks/webhook_name.hpp"

#include <gtest/gtest.h>

namespace {

using agent::find_webhook;
using Known = std::vector<agent::WebhookName>;

const Known known{{"7", "front door"}, {"8", "gate"},     {"9", "gate"},
                  {"10", "7"},         {"11", ""},        {"local:lamp", "lamp"},
                  {"12", "Дверь"},     {"13", "local:x"}, {"local:gate 2", "gate 2"}};

TEST(WebhookName, FindsAKeyAndThenAName) {
    const struct {
        const char* given;
        const char* key;
    } table[] = {
        {"7", "7"}, // and not 10, whose name that is
        {"front door", "7"},
        {"10", "10"},
        {"lamp", "local:lamp"},
        {"local:lamp", "local:lamp"},
        {"Дверь", "12"},
        {"local:x", "13"},
        {"gate 2", "local:gate 2"},
    };
    for (const auto& [given, key] : table) {
        const auto found = find_webhook(given, known);
        ASSERT_TRUE(found) << given << ": " << found.error().message;
        EXPECT_EQ(*found, key) << given;
    }
}

TEST(WebhookName, SaysWhichThereAre) {
    const std::string all =
        R"(expected a key or a name of: 7 "front door", 8 "gate", 9 "gate", 10 "7", 11, )"
        R"(local:lamp, 12 "Дверь", 13 "local:x", local:gate 2)";
    const struct {
        const char* given;
        std::string says;
    } table[] = {
        {"fron door", R"(there is no webhook "fron door": did you mean "front door"? )" + all},
        {"lamb", R"(there is no webhook "lamb": did you mean "lamp"? )" + all},
        {"nobody at all", R"(there is no webhook "nobody at all": )" + all},
        {"Front door", R"(there is no webhook "Front door": did you mean "front door"? )" + all},
        {"", R"(there is no webhook "": )" + all},
        {"gate", R"(the name "gate" is that of 2 webhooks: expected a key, one of: 8, 9)"},
    };
    for (const auto& [given, says] : table) {
        const auto found = find_webhook(given, known);
        ASSERT_FALSE(found) << *found;
        EXPECT_EQ(found.error().message, says);
        EXPECT_EQ(found.error().fault, common::Fault::input);
    }
    EXPECT_EQ(find_webhook("x", {}).error().message, R"(there is no webhook "x": there are none)");
}

TEST(WebhookName, ListsTwentyAndCountsTheRest) {
    Known many;
    for (int i = 100; i < 180; ++i) {
        many.push_back({std::to_string(i), ""});
    }
    const auto message = find_webhook("door", many).error().message;
    EXPECT_TRUE(message.ends_with("118, 119 and 60 more")) << message;
}

} // namespace

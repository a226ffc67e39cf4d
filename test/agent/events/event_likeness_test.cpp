#include "agent/events/event_likeness.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace agent {
namespace {

using nlohmann::json;

TEST(EventLikeness, KnowsWhatIsHardlyAnEvent) {
    for (const auto* event :
         {R"({"type":"face"})", R"({"id":"1"})", R"({"object_type":"car","x":1})",
          R"({"webhook_type":"face_events"})", R"({"camera":{"id":1}})", R"({"features":{}})",
          R"({"liveness":0.5})", R"({"license_plate_number":"A1"})", R"({"matched":true})"}) {
        EXPECT_EQ(unlike_event(json::parse(event)), std::nullopt) << event;
    }
    const struct {
        const char* object;
        const char* says;
    } rows[] = {
        {R"({})", "only {}"},
        {R"({"name":"door","target":"http://x/"})", "only \"name, target\""},
        {R"({"deliveries":[{"id":1}],"next":null})", "only \"deliveries, next\""},
    };
    for (const auto& [object, says] : rows) {
        const auto why = unlike_event(json::parse(object));
        ASSERT_TRUE(why) << object;
        EXPECT_NE(why->find(says), std::string::npos) << *why;
    }
}

TEST(EventLikeness, FindsTheEventsOwnBytesInAnExport) {
    const std::string event = R"({"id": "1",  "n":12345678901234567890123, "s":"},\"event\":{"})";
    for (const std::string& line :
         {R"({"id":65536,"state":"dead","webhook":"7","event_id":"1","attempts":2,"event":)" +
              event + "}",
          R"({ "event" : )" + event +
              R"( , "id":65536,"state":"dead","webhook":"event","event_id":"1","attempts":2 })"}) {
        EXPECT_TRUE(is_exported(json::parse(line))) << line;
        EXPECT_EQ(exported_event(line).value_or(""), event) << line;
    }
    EXPECT_FALSE(is_exported(json::parse(event)));
    EXPECT_FALSE(is_exported(json::parse(R"({"event":{"type":"face"}})")));
    EXPECT_EQ(exported_event(R"({"events":1})"), std::nullopt);
    EXPECT_EQ(exported_event("{}"), std::nullopt);
    EXPECT_EQ(exported_event(""), std::nullopt);
}

} // namespace
} // namespace agent

#include "agent/events/envelope.hpp"

#include <gtest/gtest.h>

namespace agent {
namespace {

std::string hint(std::string_view text) {
    const auto event = read_event(text);
    EXPECT_TRUE(event) << text;
    return envelope_hint(event.value_or(Event{}), text);
}

TEST(Envelope, IsNamedWithItsKeyAndWhatItHolds) {
    const std::pair<std::string_view, std::string> rows[] = {
        {R"({"events":[{"type":"face"},{"type":"car"}]})", R"("events" holds a list of 2)"},
        {R"({"events":[]})", R"("events" holds a list of 0)"},
        {R"({"data":{"type":"face","camera":1}})", R"("data" holds an object)"},
        {R"({"data":{}})", R"("data" holds an object)"},
        {R"({"results":[{"camera":1}],"next":null,"count":1})", R"("results" holds a list of 1)"},
        {R"({"results":[1,2]})", R"("results" holds a list of 2)"},
        {R"({"type":"event.created","timestamp":"2026","data":{"camera":1}})",
         R"("data" holds an object)"},
        {R"({"id":"7","webhook":"3","state":"dead","event":{"id":"e","camera":1}})",
         R"("event" holds an object)"},
        {R"({"face":{"camera":1,"confidence":0.9}})", R"("face" holds an object)"},
        {R"({"frame":[{"no":1},{"matched_card":null}]})", R"("frame" holds a list of 2)"}};
    for (const auto& [text, held] : rows) {
        EXPECT_EQ(hint(text), "this looks like an envelope around events, not like an event: " +
                                  held + "; send what is inside")
            << text;
    }
}

TEST(Envelope, IsNotLookedForInWhatIsLarge) {
    const auto envelope = [](std::size_t length) {
        return R"({"events":[{"camera":1}],"x":")" + std::string(length, 'x') + "\"}";
    };
    EXPECT_NE(hint(envelope(200'000)), "");
    EXPECT_EQ(hint(envelope(300'000)), "");
}

TEST(Envelope, IsNotAnEventWithMoreInIt) {
    for (const auto* text :
         {"{}", R"({"id":"1"})", R"({"type":"face"})", R"({"type":"face","camera":1,"data":{}})",
          R"({"camera":"1","data":{"x":1}})", R"({"features":{},"events":[]})",
          R"({"camera":null,"data":{}})", R"({"data":"x"})", R"({"events":3})",
          R"({"bbox":{"left":1,"top":2},"tags":["a"]})", R"({"meta":{"id":1,"type":"x"}})",
          R"({"matched_card":{"name":"Ann"},"data":{}})"}) {
        EXPECT_EQ(hint(text), "") << text;
    }
}

} // namespace
} // namespace agent

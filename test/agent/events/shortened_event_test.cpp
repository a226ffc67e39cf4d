#include "agent/events/shortened_event.hpp"

#include "agent/events/event.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace test {
namespace {

using agent::read_event;
using agent::shortened_event;

const std::string long_text(5'000, 'x');

TEST(ShortenedEventTest, LeavesOutLongStringsOnly) {
    const std::pair<std::string, std::string> cases[] = {
        {R"({"id":"a","type":"face"})", R"({"id":"a","type":"face"})"},
        {"{}", "{}"},
        {R"({"image":")" + long_text + R"(","id":1})",
         R"J({"image":"(5000 bytes left out)","id":1})J"},
        {R"({"a":[")" + long_text + R"("],"b":")" + long_text + R"("})",
         R"J({"a":["(5000 bytes left out)"],"b":"(5000 bytes left out)"})J"},
        // An escaped quote does not end a string, an escaped backslash before one does.
        {R"({"a":"\")" + long_text + R"(\\","b":"\\\"x"})",
         R"J({"a":"(5004 bytes left out)","b":"\\\"x"})J"},
    };
    for (const auto& [event, shortened] : cases) {
        EXPECT_EQ(shortened_event(event), shortened) << event.substr(0, 40);
    }
}

TEST(ShortenedEventTest, KeepsWhatFiltersReadOfAnEventOfManySmallValues) {
    std::string many;
    for (int i = 0; i < 10'000; ++i) {
        many += ",\"key" + std::to_string(i) + "\":" + std::to_string(i);
    }
    const auto event =
        R"({"id":18446744073709551615,"type":"car","bs_type":"realtime","camera":{"id":-3},
        "matched_card":9223372036854775808,"matched":false,"confidence":0.1,
        "headpose":{"yaw":{"name":3.5},"pitch":-1.25},"features":{"liveness":{"name":"fake",
        "confidence":0.9},"medmask":{"name":"none","confidence":0.5},"orientation":"back",
        "special_vehicle_type":{"confidence":0.25},"license_plate_number":"A1","license_plate_visibility":
        {"name":"invisible"}})" +
        many + "}";
    const auto text = shortened_event(event);
    EXPECT_LT(text.size(), 1'000U);
    EXPECT_NE(text.find("bytes left out"), std::string::npos);
    const auto all = read_event(event).value();
    const auto kept = read_event(text).value();
    EXPECT_EQ(kept.id, all.id);
    EXPECT_EQ(kept.type, all.type);
    EXPECT_EQ(kept.bs_type, all.bs_type);
    EXPECT_EQ(kept.camera, all.camera);
    EXPECT_TRUE(all.camera);
    EXPECT_EQ(kept.card, all.card);
    EXPECT_TRUE(all.card);
    EXPECT_EQ(kept.matched, all.matched);
    EXPECT_EQ(kept.confidence, all.confidence);
    EXPECT_EQ(kept.yaw, all.yaw);
    EXPECT_EQ(kept.pitch, all.pitch);
    EXPECT_EQ(kept.roll, all.roll);
    EXPECT_EQ(kept.liveness, all.liveness);
    EXPECT_EQ(kept.plate, all.plate);
    const auto same = [](const agent::Feature& a, const agent::Feature& b) {
        return a.name == b.name && a.confidence == b.confidence && (a.name || a.confidence);
    };
    EXPECT_TRUE(same(kept.medmask, all.medmask));
    EXPECT_TRUE(same(kept.orientation, all.orientation));
    EXPECT_TRUE(same(kept.special_type, all.special_type));
    EXPECT_TRUE(same(kept.license_plate_visibility, all.license_plate_visibility));
}

TEST(ShortenedEventTest, KeepsTheIntegersAtTheEdges) {
    const auto event = R"({"camera":-9223372036854775808,"matched_card":18446744073709551615)" +
                       std::string(agent::longest_event, ' ') + "}";
    const auto kept = read_event(shortened_event(event)).value();
    EXPECT_EQ(kept.camera->text(), "-9223372036854775808");
    EXPECT_EQ(kept.card->text(), "18446744073709551615");
}

} // namespace
} // namespace test

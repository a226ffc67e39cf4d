#include "test/agent/webhooks/filter_fixture.hpp"

namespace agent {
namespace {

TEST(Filters, MatchEveryEventIfThereAreNone) {
    EXPECT_TRUE(Filters{}.matches(Event{}));
    EXPECT_TRUE(Filters{}.explain_all(Event{}).empty());
    expect_failed({
        {"{}", "{}"},
        {"null", "{}"},
        {"{}", R"({"type":"body","camera":7})"},
        {R"({"type_in":null,"camera_in":null,"matched":null,"yaw_gte":null,"medmask":null,"license_plate_number":null})",
         "{}"},
    });
}

TEST(Filters, CheckTypeIn) {
    expect_failed({
        {R"({"type_in":"face"})", R"({"type":"face"})"},
        {R"({"type_in":"face"})", R"({"type":"car"})", "type_in"},
        {R"({"type_in":["face","car"]})", R"({"object_type":"car"})"},
        {R"({"type_in":["face","car"]})", R"({"webhook_type":"license_plate_events"})", "type_in"},
        {R"({"type_in":["face","car","license_plate"]})", R"({"type":"body"})", "type_in"},
        {R"({"type_in":"license_plate"})", R"({"type":"license_plate"})"},
        {R"({"type_in":"face"})", R"({"type":"Face"})", "type_in"},
        {R"({"type_in":"face"})", "{}", "type_in"},
        {R"({"type_in":[]})", R"({"type":"face"})", "type_in"},
    });
}

TEST(Filters, CheckCameraIn) {
    expect_failed({
        {R"({"camera_in":[1,2]})", R"({"camera":1})"},
        {R"({"camera_in":[1,2]})", R"({"camera":{"id":2}})"},
        {R"({"camera_in":[2,1,2]})", R"({"camera":2})"},
        {R"({"camera_in":[1,2]})", R"({"camera":3})", "camera_in"},
        {R"({"camera_in":7})", R"({"camera":7})"},
        {R"({"camera_in":7})", R"({"camera":-7})", "camera_in"},
        {R"({"camera_in":[-7]})", R"({"camera":-7})"},
        {R"({"camera_in":0})", R"({"camera":0})"},
        {R"({"camera_in":0})", R"({"camera":-0})"},
        {R"({"camera_in":[]})", R"({"camera":7})", "camera_in"},
        {R"({"camera_in":7})", R"({"camera":"7"})", "camera_in"},
        {R"({"camera_in":7})", R"({"camera":7.0})", "camera_in"},
        {R"({"camera_in":7})", "{}", "camera_in"},
        {R"({"camera_in":9007199254740993})", R"({"camera":9007199254740993})"},
        {R"({"camera_in":9007199254740993})", R"({"camera":9007199254740992})", "camera_in"},
        {R"({"camera_in":9223372036854775809})", R"({"camera":9223372036854775809})"},
        {R"({"camera_in":9223372036854775809})", R"({"camera":9223372036854775808})", "camera_in"},
        {R"({"camera_in":18446744073709551615})", R"({"camera":18446744073709551615})"},
        {R"({"camera_in":18446744073709551615})", R"({"camera":-1})", "camera_in"},
        {R"({"camera_in":-9223372036854775808})", R"({"camera":-9223372036854775808})"},
        {R"({"camera_in":-9223372036854775808})", R"({"camera":9223372036854775808})", "camera_in"},
    });
}

TEST(Filters, CheckCardIn) {
    expect_failed({
        {R"({"card_in":[4,5]})", R"({"matched_card":4})"},
        {R"({"card_in":[4,5]})", R"({"matched_card":{"id":5}})"},
        {R"({"card_in":[4,5]})", R"({"matched_dossier":{"id":5}})"},
        {R"({"card_in":4})", R"({"matched_card":4,"matched":false})"},
        {R"({"card_in":[4,5]})", R"({"matched_card":6})", "card_in"},
        {R"({"card_in":4})", R"({"camera":4})", "card_in"},
        {R"({"card_in":4})", R"({"matched":true})", "card_in"},
        {R"({"card_in":[]})", R"({"matched_card":4})", "card_in"},
        {R"({"card_in":9007199254740993})", R"({"matched_card":9007199254740992})", "card_in"},
    });
}

TEST(Filters, CheckConfidence) {
    expect_failed({
        {R"({"confidence_gte":0.75})", R"({"confidence":0.8})"},
        {R"({"confidence_gte":0.75})", R"({"confidence":0.75})"},
        {R"({"confidence_gte":0.75})", R"({"confidence":0.7499999})", "confidence_gte"},
        {R"({"confidence_gte":0.75})", "{}", "confidence_gte"},
        {R"({"confidence_gte":0.75})", R"({"confidence":"0.8"})", "confidence_gte"},
        {R"({"confidence_lte":0.79})", R"({"confidence":0.7})"},
        {R"({"confidence_lte":0.79})", R"({"confidence":0.79})"},
        {R"({"confidence_lte":0.79})", R"({"confidence":0.7900001})", "confidence_lte"},
        {R"({"confidence_lte":0.79})", "{}", "confidence_lte"},
        {R"({"confidence_gte":1})", R"({"confidence":1})"},
        {R"({"confidence_gte":1})", R"({"confidence":1.0})"},
        {R"({"confidence_gte":0})", R"({"confidence":0})"},
        {R"({"confidence_gte":0})", "{}", "confidence_gte"},
        {R"({"confidence_lte":0})", R"({"confidence":0})"},
        {R"({"confidence_gte":0.5,"confidence_lte":0.5})", R"({"confidence":5e-1})"},
        {R"({"confidence_gte":0.75,"confidence_lte":0.79})", R"({"confidence":0.8})",
         "confidence_lte"},
    });
}

TEST(Filters, CheckMatched) {
    expect_failed({
        {R"({"matched":true})", R"({"matched":true})"},
        {R"({"matched":true})", R"({"matched_card":4})"},
        {R"({"matched":true})", R"({"matched":false})", "matched"},
        {R"({"matched":true})", R"({"matched":false,"matched_card":4})", "matched"},
        {R"({"matched":true})", "{}", "matched"},
        {R"({"matched":false})", R"({"matched":false})"},
        {R"({"matched":false})", "{}"},
        {R"({"matched":false})", R"({"matched_card":""})"},
        {R"({"matched":false})", R"({"matched":true})", "matched"},
        {R"({"matched":false})", R"({"matched_dossier":4})", "matched"},
        {R"({"matched":false})", R"({"matched_card":{"name":"Ann"}})", "matched"},
        {R"({"matched":true})", R"({"matched_dossier":"5"})"},
        {R"({"matched":true,"card_in":[5]})", R"({"matched_dossier":"5"})", "card_in"},
    });
}

TEST(Filters, CheckBsTypeIn) {
    expect_failed({
        {R"({"bs_type_in":"overall"})", R"({"bs_type":"overall"})"},
        {R"({"bs_type_in":["overall","realtime"]})", R"({"bs_type":"realtime"})"},
        {R"({"bs_type_in":"overall"})", R"({"bs_type":"realtime"})", "bs_type_in"},
        {R"({"bs_type_in":["overall","realtime"]})", R"({"bs_type":"other"})", "bs_type_in"},
        {R"({"bs_type_in":["overall","realtime"]})", "{}", "bs_type_in"},
        {R"({"bs_type_in":[]})", R"({"bs_type":"overall"})", "bs_type_in"},
    });
}

TEST(Filters, CheckYawPitchAndRoll) {
    for (const std::string angle : {"yaw", "pitch", "roll"}) {
        const auto at_least = "{\"" + angle + "_gte\":-4.2}";
        const auto at_most = "{\"" + angle + "_lte\":-4.2}";
        const auto exactly = "{\"" + angle + "_gte\":3.5,\"" + angle + "_lte\":3.5}";
        const auto event = [&](std::string_view value) {
            return R"({"headpose":{")" + angle + "\":" + std::string{value} + "}}";
        };
        expect_failed({
            {at_least, event("-4.2")},
            {at_least, event("-4.1999")},
            {at_least, event("90")},
            {at_least, event("-4.2001"), angle + "_gte"},
            {at_least, event("null"), angle + "_gte"},
            {at_least, "{}", angle + "_gte"},
            {at_most, event("-4.2")},
            {at_most, event("-180")},
            {at_most, event("{\"name\":-4.3}")},
            {at_most, event("-4.1999"), angle + "_lte"},
            {at_most, event("\"-5\""), angle + "_lte"},
            {at_most, "{}", angle + "_lte"},
            {exactly, event("3.5")},
            {exactly, event("3.4999"), angle + "_gte"},
            {exactly, event("3.5001"), angle + "_lte"},
        });
        for (const std::string other : {"yaw", "pitch", "roll"}) {
            if (other != angle) {
                EXPECT_EQ(failed_filter(at_least, R"({"headpose":{")" + other + "\":0}}"),
                          angle + "_gte");
            }
        }
    }
}

TEST(Filters, CheckLiveness) {
    expect_failed({
        {R"({"liveness_gte":0.44})", R"({"liveness":0.44})"},
        {R"({"liveness_gte":0.44})", R"({"liveness":{"name":"real","confidence":0.44}})"},
        {R"({"liveness_gte":0.44})", R"({"liveness":0.4399})", "liveness_gte"},
        {R"({"liveness_gte":0.44})", R"({"liveness":{"name":"fake","confidence":0.97}})",
         "liveness_gte"},
        {R"({"liveness_gte":0.44})", R"({"liveness":{"name":"unknown","confidence":0.97}})",
         "liveness_gte"},
        {R"({"liveness_gte":0.44})", "{}", "liveness_gte"},
        {R"({"liveness_lte":0.44})", R"({"liveness":0.44})"},
        {R"({"liveness_lte":0.25})", R"({"liveness":{"name":"fake","confidence":0.75}})"},
        {R"({"liveness_lte":0.44})", R"({"liveness":0.4401})", "liveness_lte"},
        {R"({"liveness_lte":0.44})", "{}", "liveness_lte"},
        {R"({"liveness_gte":0.44,"liveness_lte":0.44})", R"({"features":{"liveness":0.44}})"},
    });
}

TEST(Filters, MustAllHoldAndAreCheckedInOneOrder) {
    // Each row fixes what failed in the row before, which shows that each filter is checked, and in
    // which order.
    const auto filters = R"({"license_plate_event_number":"B","license_plate_number":"A",
        "license_plate_visibility":{"confidence_lte":0.5,"confidence_gte":0.5,"name":"invisible"},"special_type":{"name":"taxi"},
        "orientation":{"name":"back"},"medmask":{"confidence_lte":0.5,"confidence_gte":0.5,"name":"none"},"liveness_lte":0.5,"liveness_gte":0.5,
        "roll_lte":3,"roll_gte":3,"pitch_lte":2,"pitch_gte":2,"yaw_lte":1,"yaw_gte":1,"confidence_lte":0.5,"confidence_gte":0.5,
        "bs_type_in":"overall","matched":true,"card_in":4,"camera_in":1,"type_in":"car"})";
    struct Step {
        std::string_view key;
        nlohmann::json value;
        std::string_view failed;
    };
    const Step steps[] = {
        {"x", 0, "type_in"},
        {"type", "car", "camera_in"},
        {"camera", 1, "card_in"},
        {"matched_card", 4, "bs_type_in"},
        {"matched", false, "matched"},
        {"matched", true, "bs_type_in"},
        {"bs_type", "overall", "confidence_gte"},
        {"confidence", 0.6, "confidence_lte"},
        {"confidence", 0.5, "yaw_gte"},
        {"headpose_yaw", 2, "yaw_lte"},
        {"headpose_yaw", 1, "pitch_gte"},
        {"headpose_pitch", 3, "pitch_lte"},
        {"headpose_pitch", 2, "roll_gte"},
        {"headpose_roll", 4, "roll_lte"},
        {"headpose_roll", 3, "liveness_gte"},
        {"liveness", 0.6, "liveness_lte"},
        {"liveness", 0.5, "medmask.name"},
        {"medmask", "none", "medmask.confidence_gte"},
        {"medmask", {{"name", "none"}, {"confidence", 0.6}}, "medmask.confidence_lte"},
        {"medmask", {{"name", "none"}, {"confidence", 0.5}}, "orientation.name"},
        {"orientation", "back", "special_type.name"},
        {"special_type", "taxi", "license_plate_visibility.name"},
        {"license_plate_visibility", "invisible", "license_plate_visibility.confidence_gte"},
        {"license_plate_visibility",
         {{"name", "invisible"}, {"confidence", 0.6}},
         "license_plate_visibility.confidence_lte"},
        {"license_plate_visibility",
         {{"name", "invisible"}, {"confidence", 0.5}},
         "license_plate_number"},
        {"license_plate_number", "A", "license_plate_event_number"},
    };
    nlohmann::json event = nlohmann::json::object();
    for (const auto& [key, value, by] : steps) {
        event[std::string{key}] = value;
        EXPECT_EQ(failed_filter(filters, event.dump()), by) << event;
    }
}

} // namespace
} // namespace agent

#include "test/agent/webhooks/filter_fixture.hpp"

namespace agent {
namespace {

TEST(Filters, ExplainWithTheWantedAndTheFoundValue) {
    struct Case {
        std::string_view filters, event, filter, wanted, found, hint;
    };
    const Case cases[] = {
        {R"({"type_in":["face","car"]})", R"({"type":"license_plate"})", "type_in",
         R"(["face","car"])", R"("license_plate")", ""},
        {R"({"type_in":"face"})", "{}", "type_in", R"("face")", "null", "the event has no type"},
        {R"({"camera_in":[18446744073709551615,-1]})", R"({"camera":-2})", "camera_in",
         "[18446744073709551615,-1]", "-2", ""},
        {R"({"camera_in":1})", R"({"camera":"1"})", "camera_in", "1", R"("1")",
         "a string; an integer is needed"},
        {R"({"card_in":[5,4]})", "{}", "card_in", "[5,4]", "null", "the event has no matched card"},
        {R"({"matched":true})", "{}", "matched", "true", "false", ""},
        {R"({"bs_type_in":[]})", R"({"bs_type":"overall"})", "bs_type_in", "[]", R"("overall")",
         ""},
        {R"({"confidence_gte":0.75})", R"({"confidence":0.7})", "confidence_gte", "0.75", "0.7",
         ""},
        {R"({"confidence_lte":0})", R"({"confidence":1})", "confidence_lte", "0", "1.0", ""},
        {R"({"yaw_gte":3.5})", R"({"headpose":{"yaw":3.4999}})", "yaw_gte", "3.5", "3.4999", ""},
        {R"({"yaw_gte":3.5})", "{}", "yaw_gte", "3.5", "null", "the event has no headpose yaw"},
        {R"({"liveness_gte":0.5})", R"({"liveness":{"name":"fake","confidence":0.75}})",
         "liveness_gte", "0.5", "0.25", ""},
        {R"({"medmask":{"name":["none","correct"]}})", R"({"medmask":"incorrect"})", "medmask.name",
         R"(["none","correct"])", R"("incorrect")", ""},
        {R"({"medmask":{"name":"none"}})", R"({"medmask":{"name":"","confidence":0}})",
         "medmask.name", R"("none")", R"("")",
         "an empty string in medmask.name; a string is needed"},
        {R"({"medmask":{"confidence_lte":0.5}})", R"({"medmask":"none"})", "medmask.confidence_lte",
         "0.5", "null", "the event has no medmask confidence"},
        {R"({"license_plate_number":"A1"})", R"({"type":"car"})", "license_plate_number", R"("A1")",
         "null", "the event has no license plate number"},
        {R"({"license_plate_number":"A1"})", R"({"type":"car","license_plate_number":"B\"2"})",
         "license_plate_number", R"("A1")", R"("B\"2")", ""},
        {R"({"license_plate_number":"A1"})",
         R"({"type":"license_plate","license_plate_number":"A1"})", "license_plate_number",
         R"("A1")", R"("A1")",
         "the filter applies to events of type car, this one has type license_plate"},
        {R"({"license_plate_event_number":"A1"})", R"({"license_plate_number":"A1"})",
         "license_plate_event_number", R"("A1")", R"("A1")",
         "the filter applies to events of type license_plate, this one has no type"},
    };
    for (const auto& one : cases) {
        const auto mismatch = mismatch_of(one.filters, one.event);
        EXPECT_EQ(mismatch.filter, one.filter) << one.filters;
        EXPECT_EQ(mismatch.wanted, one.wanted) << one.filters;
        EXPECT_EQ(mismatch.found, one.found) << one.filters;
        EXPECT_EQ(mismatch.hint, one.hint) << one.filters;
    }
}

TEST(Filters, ExplainWhatWasFoundButCannotBeRead) {
    struct Case {
        std::string_view filters, event, found, hint;
    };
    constexpr std::string_view fraction =
        "a number with a fraction, an exponent or too many digits; an integer is needed";
    const Case cases[] = {
        {R"({"camera_in":1})", R"({"camera":{"id":"1"}})", R"("1")",
         "a string in camera.id; an integer is needed"},
        {R"({"camera_in":1})", R"({"camera":[1]})", "[1]", "a list; an integer is needed"},
        {R"({"camera_in":1})", R"({"camera":{"name":"door"}})", R"({"name":"door"})",
         "an object without id; an integer is needed"},
        {R"({"camera_in":1})", R"({"camera":1.5})", "1.5", fraction},
        {R"({"camera_in":1})", R"({"camera":1e0})", "1.0", fraction},
        {R"({"camera_in":1})", R"({"camera":18446744073709551616})", "1.8446744073709552e+19",
         fraction},
        {R"({"camera_in":1})", R"({"camera":true})", "true", "a boolean; an integer is needed"},
        {R"({"camera_in":1})", R"({"camera":""})", R"("")",
         "an empty string; an integer is needed"},
        {R"({"camera_in":1})", R"({"camera":null})", "null", "the event has no camera"},
        {R"({"camera_in":1})", R"({"camera":{"id":null}})", "null", "the event has no camera"},
        {R"({"card_in":4})", R"({"matched_dossier":"4"})", R"("4")",
         "a string; an integer is needed"},
        {R"({"card_in":4})", R"({"matched_card":"","matched_dossier":{"id":"4"}})", R"("4")",
         "a string in matched_dossier.id; an integer is needed"},
        {R"({"card_in":4})", R"({"matched_card":{"name":"Ann"}})", R"({"name":"Ann"})",
         "an object without id; an integer is needed"},
        {R"({"type_in":"face"})", R"({"type":5})", "5", "a number; a string is needed"},
        {R"({"type_in":"face"})", R"({"type":["face"]})", R"(["face"])",
         "a list; a string is needed"},
        {R"({"bs_type_in":"overall"})", R"({"bs_type":1})", "1", "a number; a string is needed"},
        {R"({"confidence_gte":0.5})", R"({"confidence":"0.9"})", R"("0.9")",
         "a string; a number is needed"},
        {R"({"yaw_gte":1})", R"({"features":{"headpose":{"yaw":"3"}}})", R"("3")",
         "a string in features.headpose.yaw; a number is needed"},
        {R"({"pitch_lte":1})", R"({"headpose_pitch":{"name":"3"}})", R"("3")",
         "a string in headpose_pitch.name; a number is needed"},
        {R"({"roll_gte":1})", R"({"headpose":{"roll":{"value":3}}})", R"({"value":3})",
         "an object without name in headpose.roll; a number is needed"},
        {R"({"liveness_gte":0.5})", R"({"liveness":"real"})", R"("real")",
         R"(a string; a number, or a name "real" or "fake" with a confidence, is needed)"},
        {R"({"liveness_gte":0.5})", R"({"features":{"liveness":{"name":"real"}}})",
         R"({"name":"real"})",
         "an object in features.liveness; a number, or a name \"real\" or \"fake\" with a "
         "confidence, is needed"},
        {R"({"medmask":{"name":"none"}})", R"({"features":{"medmask":0}})", "0",
         "a number in features.medmask; a string is needed"},
        {R"({"medmask":{"name":"none"}})", R"({"medmask":{"confidence":0.5}})",
         R"({"confidence":0.5})", "an object without name; a string is needed"},
        {R"({"orientation":{"confidence_gte":0.5}})",
         R"({"orientation":{"name":"back","confidence":"0.9"}})", R"("0.9")",
         "a string in orientation.confidence; a number is needed"},
        {R"({"special_type":{"name":"taxi"}})", R"({"special_vehicle_type":{"name":["taxi"]}})",
         R"(["taxi"])", "a list in special_vehicle_type.name; a string is needed"},
        {R"({"license_plate_visibility":{"name":"invisible"}})",
         R"({"license_plate_visibility":{"name":7}})", "7",
         "a number in license_plate_visibility.name; a string is needed"},
        {R"({"license_plate_number":"A1"})", R"({"type":"car","license_plate_number":17})", "17",
         "a number; a string is needed"},
        {R"({"license_plate_number":"A1"})", R"({"license_plate_number":17})", "17",
         "the filter applies to events of type car, this one has no type"},
        {R"({"matched":true})", R"({"matched":"true"})", "false",
         R"(matched = "true" (a string; true or false is needed) does not count, so that the card )"
         "decides"},
        {R"({"matched":false})", R"({"matched":0,"matched_card":4})", "true",
         "matched = 0 (a number; true or false is needed) does not count, so that the card "
         "decides"},
        // What can be read counts, wherever it stands.
        {R"({"card_in":5})", R"({"matched_card":"5","matched_dossier":4})", "4", ""},
        {R"({"yaw_gte":9})", R"({"headpose":{"yaw":"3"},"headpose_yaw":3})", "3.0", ""},
    };
    for (const auto& one : cases) {
        SCOPED_TRACE(one.event);
        const auto mismatch = mismatch_of(one.filters, one.event);
        EXPECT_EQ(mismatch.found, one.found);
        EXPECT_EQ(mismatch.hint, one.hint);
        EXPECT_FALSE(nlohmann::json::parse(mismatch.found, nullptr, false).is_discarded());
    }
}

/// Every filter knows what to say about a value of a wrong type.
TEST(Filters, ExplainUnreadValuesForEveryFilter) {
    const std::string_view all = R"({"type_in":"face","camera_in":1,"card_in":1,"matched":true,
        "bs_type_in":"overall","confidence_gte":0,"yaw_gte":0,"pitch_gte":0,"roll_gte":0,
        "liveness_gte":0,"medmask":{"name":"none","confidence_gte":0},
        "orientation":{"name":"back","confidence_gte":0},
        "special_type":{"name":"taxi","confidence_gte":0},
        "license_plate_visibility":{"name":"invisible","confidence_gte":0}})";
    const auto event = R"({"type":[],"camera":[],"matched_card":[],"matched":[],"bs_type":[],
        "confidence":[],"headpose_yaw":[],"headpose_pitch":[],"headpose_roll":[],"liveness":[],
        "medmask":{"name":[],"confidence":[]},"orientation":{"name":[],"confidence":[]},
        "special_type":{"name":[],"confidence":[]},
        "license_plate_visibility":{"name":[],"confidence":[]},"license_plate_number":[]})";
    EXPECT_NE(mismatch_of(R"({"license_plate_number":"A"})",
                          R"({"type":"car","license_plate_number":[]})")
                  .hint.find(" needed"),
              std::string::npos);
    const auto filters = nlohmann::json::parse(all);
    for (const auto& [name, value] : filters.items()) {
        if (!value.is_object()) {
            const auto one = nlohmann::json{{name, value}}.dump();
            EXPECT_NE(mismatch_of(one, event).hint.find(" needed"), std::string::npos) << one;
            continue;
        }
        for (const auto& [part, wanted] : value.items()) {
            const auto one = nlohmann::json{{name, {{part, wanted}}}}.dump();
            EXPECT_NE(mismatch_of(one, event).hint.find(" needed"), std::string::npos) << one;
        }
    }
}

} // namespace
} // namespace agent

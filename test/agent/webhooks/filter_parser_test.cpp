#include "agent/webhooks/filter.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <string_view>

using agent::Filters;

namespace {

Filters filters_of(std::string_view json) {
    auto filters = Filters::parse(nlohmann::json::parse(json));
    EXPECT_TRUE(filters) << json << ": " << filters.error().message;
    return filters.value_or(Filters{});
}

std::string fault_of(std::string_view filters) {
    const auto parsed = Filters::parse(nlohmann::json::parse(filters));
    return parsed ? "none" : parsed.error().message;
}

} // namespace

TEST(Filters, RefuseWhatThePageDoesNotHave) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"[]", "filters: must be an object, not a list"},
        {R"("face")", "filters: must be an object, not a string"},
        {"5", "filters: must be an object, not a number"},
        {"true", "filters: must be an object, not a boolean"},
        {R"({"type_in":"person"})",
         R"(type_in: "person" is not allowed; allowed are face, car, license_plate (one or a list))"},
        {R"({"type_in":["face","person"]})", R"(type_in: "person" is not allowed)"},
        {R"({"type_in":5})", "type_in: 5 is not allowed"},
        {R"({"type_in":[null]})", "type_in: null is not allowed"},
        {R"({"type_in":[["face"]]})", R"(type_in: ["face"] is not allowed)"},
        {R"({"type_in":{"name":"face"}})", R"(type_in: {"name":"face"} is not allowed)"},
        {R"({"type_in":""})", R"(type_in: "" is not allowed)"},
        {R"({"camera_in":"1"})",
         R"(camera_in: "1" is no id; allowed are 64-bit integers (one or a list))"},
        {R"({"camera_in":[1,"2"]})", R"(camera_in: "2" is no id)"},
        {R"({"camera_in":1.5})", "camera_in: 1.5 is no id"},
        {R"({"camera_in":[1.0]})", "camera_in: 1.0 is no id"},
        {R"({"camera_in":true})", "camera_in: true is no id"},
        {R"({"camera_in":18446744073709551616})", "is no id"},
        {R"({"card_in":[null]})", "card_in: null is no id"},
        {R"({"card_in":{"id":4}})", R"(card_in: {"id":4} is no id)"},
        {R"({"confidence_gte":1.5})",
         "confidence_gte: 1.5 is not allowed; allowed is a number from 0 to 1"},
        {R"({"confidence_gte":-0.1})", "confidence_gte: -0.1 is not allowed"},
        {R"({"confidence_lte":"0.5"})", R"(confidence_lte: "0.5" is not allowed)"},
        {R"({"confidence_lte":true})", "confidence_lte: true is not allowed"},
        {R"({"confidence_lte":[0.5]})", "confidence_lte: [0.5] is not allowed"},
        {R"({"liveness_gte":2})",
         "liveness_gte: 2 is not allowed; allowed is a number from 0 to 1"},
        {R"({"liveness_lte":false})", "liveness_lte: false is not allowed"},
        {R"({"yaw_gte":"3.5"})",
         R"(yaw_gte: "3.5" is not allowed; allowed is a number, in degrees)"},
        {R"({"pitch_lte":true})", "pitch_lte: true is not allowed"},
        {R"({"roll_lte":{}})", "roll_lte: {} is not allowed"},
        {R"({"matched":1})", "matched: 1 is not allowed; allowed are true and false"},
        {R"({"matched":"true"})", R"(matched: "true" is not allowed)"},
        {R"({"bs_type_in":"all"})",
         R"(bs_type_in: "all" is not allowed; allowed are overall, realtime (one or a list))"},
        {R"({"medmask":"none"})",
         R"(medmask: "none" is not allowed; allowed is an object like {"name": "none", "confidence_gte": 0.5})"},
        {R"({"medmask":[]})", "medmask: [] is not allowed"},
        {R"({"medmask":{"name":"off"}})",
         R"(medmask.name: "off" is not allowed; allowed are none, correct, incorrect (one or a list))"},
        {R"({"orientation":{"name":["back","up"]}})",
         R"(orientation.name: "up" is not allowed; allowed are back, side, front)"},
        {R"({"special_type":{"name":"bus"}})",
         R"(special_type.name: "bus" is not allowed; allowed are not_special, police)"},
        {R"({"license_plate_visibility":{"confidence_gte":7}})",
         "license_plate_visibility.confidence_gte: 7 is not allowed"},
        {R"({"medmask":{"certainty":0.5}})",
         R"(unknown part "medmask.certainty"; known are name, confidence_gte, confidence_lte)"},
        {R"({"medmask":{"confidence_gt":0.5}})",
         R"(unknown part "medmask.confidence_gt", did you mean confidence_gte?)"},
        {R"({"license_plate_number":123})",
         "license_plate_number: 123 is not allowed; allowed is a string"},
        {R"({"license_plate_event_number":["A1"]})",
         R"(license_plate_event_number: ["A1"] is not allowed)"},
        {R"({"age_gte":18})",
         R"(unknown filter "age_gte"; known are type_in, camera_in, card_in, matched, bs_type_in, confidence_gte,)"},
        {R"({"confidence_gt":0.5})",
         R"(unknown filter "confidence_gt", did you mean confidence_gte?; known are)"},
        {R"({"camera":1})", R"(unknown filter "camera", did you mean camera_in?)"},
        {R"({"Matched":true})", R"(unknown filter "Matched", did you mean matched?)"},
        {R"({"":1})", R"(unknown filter "")"},
    };
    for (const auto& [filters, part] : rows) {
        EXPECT_NE(fault_of(filters).find(part), std::string::npos)
            << filters << "\n gave: " << fault_of(filters) << "\n not: " << part;
    }
}

TEST(Filters, ReportEveryFault) {
    const auto filters = nlohmann::json::parse(
        R"({"age_gte":1,"camera_in":["a",1,"b"],"medmask":{"name":"x","what":1},"yaw_gte":"1","type_in":"face"})");
    const auto faults = Filters::faults(filters);
    ASSERT_EQ(faults.size(), 6U);
    const auto message = Filters::parse(filters).error().message;
    for (const auto& fault : faults) {
        EXPECT_NE(message.find(fault), std::string::npos) << fault;
    }
    EXPECT_TRUE(Filters::faults(nlohmann::json::object()).empty());
}

TEST(Filters, KeepMessagesShort) {
    const nlohmann::json filters{{"type_in", std::string(10'000, 'x')},
                                 {std::string(10'000, 'y'), 1}};
    EXPECT_LT(fault_of(filters.dump()).size(), 1'000U);
}

TEST(Filters, WarnOfContradictionsAndServeThem) {
    const std::pair<std::string_view, std::vector<std::string>> rows[] = {
        {"{}", {}},
        {R"({"confidence_gte":0.8,"confidence_lte":0.7})",
         {"confidence_gte 0.8 is above confidence_lte 0.7: nothing matches"}},
        {R"({"confidence_gte":0.7,"confidence_lte":0.7})", {}},
        {R"({"yaw_gte":3.5,"yaw_lte":3})", {"yaw_gte 3.5 is above yaw_lte 3: nothing matches"}},
        {R"({"pitch_gte":1,"pitch_lte":-1,"roll_gte":-1,"roll_lte":1})",
         {"pitch_gte 1 is above pitch_lte -1: nothing matches"}},
        {R"({"liveness_gte":1,"liveness_lte":0})",
         {"liveness_gte 1 is above liveness_lte 0: nothing matches"}},
        {R"({"medmask":{"confidence_gte":0.8,"confidence_lte":0.7}})",
         {"medmask.confidence_gte 0.8 is above medmask.confidence_lte 0.7: nothing matches"}},
        {R"({"matched":false,"card_in":4})",
         {"matched is false with a card_in: an unmatched event has no card"}},
        {R"({"matched":true,"card_in":4})", {}},
        {R"({"matched":false,"card_in":null})", {}},
        {R"({"age_gte":null,"medmask":{"certainty":null}})", {}},
        {R"({"camera_in":[]})", {"camera_in is an empty list: nothing matches"}},
        {R"({"type_in":[],"orientation":{"name":[]}})",
         {"type_in is an empty list: nothing matches",
          "orientation.name is an empty list: nothing matches"}},
        {R"({"license_plate_number":""})",
         {"license_plate_number is an empty string, and no event has an empty plate: nothing "
          "matches"}},
        {R"({"license_plate_number":"A1","type_in":["face","license_plate"]})",
         {"license_plate_number is for events of type car, which type_in excludes: nothing "
          "matches"}},
        {R"({"license_plate_number":"A1","type_in":["face","car"]})", {}},
        {R"({"license_plate_number":"A1","type_in":"car"})", {}},
        {R"({"license_plate_event_number":"A1","type_in":"car"})",
         {"license_plate_event_number is for events of type license_plate, which type_in excludes: "
          "nothing matches"}},
        {R"({"license_plate_event_number":"A1","type_in":null})", {}},
        {R"({"license_plate_event_number":"A1","license_plate_number":"A1"})",
         {"license_plate_number is for car events and license_plate_event_number for license_plate "
          "events: nothing matches"}},
    };
    for (const auto& [filters, warnings] : rows) {
        EXPECT_EQ(filters_of(filters).warnings(), warnings) << filters;
    }
}

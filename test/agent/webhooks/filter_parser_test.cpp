#include "test/agent/webhooks/filter_fixture.hpp"

namespace agent {
namespace {

std::string fault_of(std::string_view filters) {
    return common::joined(parse_filters(nlohmann::json::parse(filters)).faults);
}

TEST(FilterParser, RefusesWhatTheManualDoesNotAllow) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"[]", "filters = []: expected an object"},
        {R"("face")", R"(filters = "face": expected an object)"},
        {"5", "filters = 5: expected an object"},
        {"true", "filters = true: expected an object"},
        {R"({"type_in":"person"})",
         R"(filters.type_in = "person": expected one of: face, car, license_plate (or a list of them))"},
        {R"({"type_in":["face","person"]})",
         R"(filters.type_in = "person": expected one of: face, car, license_plate (or a list of them))"},
        {R"({"type_in":5})",
         R"(filters.type_in = 5: expected one of: face, car, license_plate (or a list of them))"},
        {R"({"type_in":[null]})",
         R"(filters.type_in = null: expected one of: face, car, license_plate (or a list of them))"},
        {R"({"type_in":[["face"]]})",
         R"(filters.type_in = ["face"]: expected one of: face, car, license_plate (or a list of them))"},
        {R"({"type_in":{"name":"face"}})",
         R"(filters.type_in = {"name":"face"}: expected one of: face, car, license_plate (or a list of them))"},
        {R"({"type_in":""})",
         R"(filters.type_in = "": expected one of: face, car, license_plate (or a list of them))"},
        {R"({"camera_in":"1"})",
         R"(filters.camera_in = "1": expected a 64-bit integer or a list of them)"},
        {R"({"camera_in":[1,"2"]})",
         R"(filters.camera_in = "2": expected a 64-bit integer or a list of them)"},
        {R"({"camera_in":1.5})",
         R"(filters.camera_in = 1.5: expected a 64-bit integer or a list of them)"},
        {R"({"camera_in":[1.0]})",
         R"(filters.camera_in = 1.0: expected a 64-bit integer or a list of them)"},
        {R"({"camera_in":true})",
         R"(filters.camera_in = true: expected a 64-bit integer or a list of them)"},
        {R"({"camera_in":18446744073709551616})",
         R"(filters.camera_in = 1.8446744073709552e+19: expected a 64-bit integer or a list of them)"},
        {R"({"card_in":[null]})",
         R"(filters.card_in = null: expected a 64-bit integer or a list of them)"},
        {R"({"card_in":{"id":4}})",
         R"(filters.card_in = {"id":4}: expected a 64-bit integer or a list of them)"},
        {R"({"confidence_gte":1.5})",
         R"(filters.confidence_gte = 1.5: expected a number from 0 to 1)"},
        {R"({"confidence_gte":-0.1})",
         R"(filters.confidence_gte = -0.1: expected a number from 0 to 1)"},
        {R"({"confidence_lte":"0.5"})",
         R"(filters.confidence_lte = "0.5": expected a number from 0 to 1)"},
        {R"({"confidence_lte":true})",
         R"(filters.confidence_lte = true: expected a number from 0 to 1)"},
        {R"({"confidence_lte":[0.5]})",
         R"(filters.confidence_lte = [0.5]: expected a number from 0 to 1)"},
        {R"({"liveness_gte":2})", R"(filters.liveness_gte = 2: expected a number from 0 to 1)"},
        {R"({"liveness_lte":false})",
         R"(filters.liveness_lte = false: expected a number from 0 to 1)"},
        {R"({"yaw_gte":"3.5"})", R"(filters.yaw_gte = "3.5": expected a number of degrees)"},
        {R"({"pitch_lte":true})", R"(filters.pitch_lte = true: expected a number of degrees)"},
        {R"({"roll_lte":{}})", R"(filters.roll_lte = {}: expected a number of degrees)"},
        {R"({"matched":1})", R"(filters.matched = 1: expected true or false)"},
        {R"({"matched":"true"})", R"(filters.matched = "true": expected true or false)"},
        {R"({"bs_type_in":"all"})",
         R"(filters.bs_type_in = "all": expected one of: overall, realtime (or a list of them))"},
        {R"({"medmask":"none"})",
         R"(filters.medmask = "none": expected an object like {"name": "none", "confidence_gte": 0.5})"},
        {R"({"medmask":[]})",
         R"(filters.medmask = []: expected an object like {"name": "none", "confidence_gte": 0.5})"},
        {R"({"medmask":{"name":"off"}})",
         R"(filters.medmask.name = "off": expected one of: none, correct, incorrect (or a list of them))"},
        {R"({"orientation":{"name":["back","up"]}})",
         R"(filters.orientation.name = "up": expected one of: back, side, front (or a list of them))"},
        {R"({"special_type":{"name":"bus"}})",
         R"(filters.special_type.name = "bus": expected one of: not_special, police, ambulance, road_service, gas_service, rescue_service, other_special, taxi, route_transport, car_sharing, military (or a list of them))"},
        {R"({"license_plate_visibility":{"confidence_gte":7}})",
         R"(filters.license_plate_visibility.confidence_gte = 7: expected a number from 0 to 1)"},
        {R"({"medmask":{"certainty":0.5}})",
         R"(filters.medmask: unknown part "certainty": expected one of: name, confidence_gte, confidence_lte)"},
        {R"({"medmask":{"confidence_gt":0.5}})",
         R"(filters.medmask: unknown part "confidence_gt": did you mean "confidence_gte"? expected one of: name, )"},
        {R"({"license_plate_number":123})",
         R"(filters.license_plate_number = 123: expected a string with the exact plate)"},
        {R"({"license_plate_event_number":["A1"]})",
         R"(filters.license_plate_event_number = ["A1"]: expected a string with the exact plate)"},
        {R"({"age_gte":18})",
         R"(unknown filter "age_gte": expected one of: type_in, camera_in, card_in, matched, bs_type_in, confidence_gte,)"},
        {R"({"confidence_gt":0.5})",
         R"(unknown filter "confidence_gt": did you mean "confidence_gte"? expected one of: type_in, )"},
        {R"({"camera":1})",
         R"(unknown filter "camera": did you mean "camera_in"? expected one of: )"},
        {R"({"Matched":true})",
         R"(unknown filter "Matched": did you mean "matched"? expected one of: )"},
        {R"({"":1})", R"(unknown filter "": expected one of: )"},
    };
    for (const auto& [filters, part] : rows) {
        EXPECT_TRUE(fault_of(filters).starts_with(part))
            << filters << "\n got: " << fault_of(filters) << "\n expected: " << part;
    }
}

TEST(FilterParser, ReportsEveryFault) {
    const auto parsed = parse_filters(nlohmann::json::parse(
        R"({"age_gte":1,"camera_in":["a",1,"b"],"medmask":{"name":"x","what":1},"yaw_gte":"1","type_in":"face"})"));
    std::vector<std::string> beginnings;
    for (const auto& fault : parsed.faults) {
        beginnings.push_back(fault.substr(0, fault.find(": ")));
    }
    EXPECT_EQ(beginnings,
              (std::vector<std::string>{R"(filters.camera_in = "a")", R"(filters.camera_in = "b")",
                                        R"(filters.yaw_gte = "1")", R"(filters.medmask.name = "x")",
                                        "filters.medmask", R"(unknown filter "age_gte")"}));
    EXPECT_TRUE(parse_filters(nlohmann::json::object()).faults.empty());
}

TEST(FilterParser, KeepsMessagesShort) {
    const nlohmann::json filters{{"type_in", std::string(10'000, 'x')},
                                 {std::string(10'000, 'y'), 1}};
    EXPECT_LT(fault_of(filters.dump()).size(), 1'000U);
}

TEST(FilterParser, WarnsOfContradictionsAndAcceptsThem) {
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
         {"matched is false together with card_in: an unmatched event has no card"}},
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
         {"license_plate_number applies to events of type car, which type_in excludes: nothing "
          "matches"}},
        {R"({"license_plate_number":"A1","type_in":["face","car"]})", {}},
        {R"({"license_plate_number":"A1","type_in":"car"})", {}},
        {R"({"license_plate_event_number":"A1","type_in":"car"})",
         {"license_plate_event_number applies to events of type license_plate, which type_in "
          "excludes: "
          "nothing matches"}},
        {R"({"license_plate_event_number":"A1","type_in":null})", {}},
        {R"({"license_plate_event_number":"A1","license_plate_number":"A1"})",
         {"license_plate_number applies to car events and license_plate_event_number to "
          "license_plate "
          "events: nothing matches"}},
    };
    for (const auto& [filters, warnings] : rows) {
        const auto parsed = parse_filters(nlohmann::json::parse(filters));
        EXPECT_EQ(parsed.faults, std::vector<std::string>{}) << filters;
        EXPECT_EQ(parsed.warnings, warnings) << filters;
    }
}

} // namespace
} // namespace agent

#include "test/agent/webhooks/filter_fixture.hpp"

namespace agent {
namespace {

TEST(Filters, CheckFeaturesByNameAndConfidence) {
    struct Feature {
        std::string key;
        std::vector<std::string> names;
    };
    // Every name on the manual's page.
    const Feature features[] = {
        {"medmask", {"none", "correct", "incorrect"}},
        {"orientation", {"back", "side", "front"}},
        {"special_type",
         {"not_special", "police", "ambulance", "road_service", "gas_service", "rescue_service",
          "other_special", "taxi", "route_transport", "car_sharing", "military"}},
        {"license_plate_visibility",
         {"partly_visible_no_text", "fully_visible_no_text", "invisible", "partly_visible",
          "fully_visible"}},
    };
    for (const auto& [key, names] : features) {
        const auto filter = [feature = key](const std::string& parts) {
            return "{\"" + feature + "\":" + parts + "}";
        };
        const auto event = [feature = key](const std::string& value) {
            return R"({"features":{")" + feature + "\":" + value + "}}";
        };
        for (std::size_t i = 0; i < names.size(); ++i) {
            const auto name = '"' + names[i] + '"';
            const auto other = '"' + names[(i + 1) % names.size()] + '"';
            expect_failed({
                {filter("{\"name\":" + name + "}"), event(name)},
                {filter("{\"name\":" + name + "}"),
                 event("{\"name\":" + name + ",\"confidence\":0.1}")},
                {filter("{\"name\":[" + other + "," + name + "]}"), event(name)},
                {filter("{\"name\":" + other + "}"), event(name), key + ".name"},
                {filter("{\"name\":[" + other + "]}"),
                 event("{\"name\":" + name + ",\"confidence\":1}"), key + ".name"},
            });
        }
        const auto name = '"' + names[0] + '"';
        const auto certain = event("{\"name\":" + name + ",\"confidence\":0.5}");
        expect_failed({
            {filter("{}"), "{}"},
            {filter("{}"), certain},
            {filter("null"), "{}"},
            {filter(R"({"name":null,"confidence_gte":null})"), "{}"},
            {filter("{\"name\":" + name + "}"), "{}", key + ".name"},
            {filter("{\"name\":" + name + "}"), event(R"("unknown")"), key + ".name"},
            {filter("{\"name\":" + name + "}"), event(R"({"name":"","confidence":0})"),
             key + ".name"},
            {filter("{\"name\":" + name + "}"), event(R"({"confidence":1})"), key + ".name"},
            {filter(R"({"name":[]})"), certain, key + ".name"},
            {filter(R"({"confidence_gte":0.5})"), certain},
            {filter(R"({"confidence_gte":0.5})"),
             event("{\"name\":" + name + ",\"confidence\":0.4999}"), key + ".confidence_gte"},
            {filter(R"({"confidence_gte":0.5})"), event(name), key + ".confidence_gte"},
            {filter(R"({"confidence_gte":0})"), "{}", key + ".confidence_gte"},
            {filter(R"({"confidence_lte":0.5})"), certain},
            {filter(R"({"confidence_lte":0.5})"),
             event("{\"name\":" + name + ",\"confidence\":0.5001}"), key + ".confidence_lte"},
            // A feature that was not computed has no confidence, not even 0.
            {filter(R"({"confidence_lte":0.5})"), event(R"({"name":"","confidence":0})"),
             key + ".confidence_lte"},
            {filter(R"({"confidence_lte":0.5})"), event(name), key + ".confidence_lte"},
            {filter("{\"name\":" + name + R"(,"confidence_gte":0.5,"confidence_lte":0.5})"),
             certain},
            {filter("{\"name\":" + name + R"(,"confidence_gte":0.6})"), certain,
             key + ".confidence_gte"},
        });
    }
    expect_failed({
        {R"({"special_type":{"name":"taxi"}})",
         R"({"features":{"special_vehicle_type":{"name":"taxi","confidence":0.9}}})"},
        {R"({"medmask":{"name":"none"}})", R"({"orientation":"none"})", "medmask.name"},
    });
}

TEST(Filters, CheckLicensePlateNumber) {
    expect_failed({
        {R"({"license_plate_number":"A123BC77"})",
         R"({"type":"car","license_plate_number":"A123BC77"})"},
        {R"({"license_plate_number":"A123BC77"})",
         R"({"webhook_type":"car_events","features":{"license_plate_number":{"name":"A123BC77","confidence":0.9}}})"},
        {R"({"license_plate_number":"A123BC77"})",
         R"({"type":"car","license_plate_number":"A123BC78"})", "license_plate_number"},
        {R"({"license_plate_number":"A123BC77"})",
         R"({"type":"car","license_plate_number":"a123bc77"})", "license_plate_number"},
        {R"({"license_plate_number":"A123BC77"})",
         R"({"type":"car","license_plate_number":"А123ВС77"})", "license_plate_number"},
        {R"({"license_plate_number":"A123BC77"})",
         R"({"type":"car","license_plate_number":"A123BC77 "})", "license_plate_number"},
        {R"({"license_plate_number":"A123BC77"})",
         R"({"type":"license_plate","license_plate_number":"A123BC77"})", "license_plate_number"},
        {R"({"license_plate_number":"A123BC77"})", R"({"license_plate_number":"A123BC77"})",
         "license_plate_number"},
        {R"({"license_plate_number":"A123BC77"})", R"({"type":"car"})", "license_plate_number"},
        {R"({"license_plate_number":""})", R"({"type":"car","license_plate_number":""})",
         "license_plate_number"},
        {R"({"license_plate_number":"А1"})", R"({"type":"car","license_plate_number":"\u04101"})"},
    });
}

TEST(Filters, CheckLicensePlateEventNumber) {
    expect_failed({
        {R"({"license_plate_event_number":"A1"})",
         R"({"type":"license_plate","license_plate_number":"A1"})"},
        {R"({"license_plate_event_number":"A1"})",
         R"({"type":"license_plate","features":{"license_plate_number":{"name":"A1"}}})"},
        {R"({"license_plate_event_number":"A1"})",
         R"({"type":"license_plate","license_plate_number":"A2"})", "license_plate_event_number"},
        {R"({"license_plate_event_number":"A1"})", R"({"type":"car","license_plate_number":"A1"})",
         "license_plate_event_number"},
        {R"({"license_plate_event_number":"A1"})",
         R"({"type":"license_plate","license_plate_event_number":"A1"})",
         "license_plate_event_number"},
        {R"({"license_plate_event_number":"A1"})", R"({"type":"license_plate"})",
         "license_plate_event_number"},
        {R"({"license_plate_event_number":"A1"})", "{}", "license_plate_event_number"},
    });
}

} // namespace
} // namespace agent

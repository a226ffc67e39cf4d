#include "test/agent/webhooks/filter_fixture.hpp"

namespace agent {
namespace {

Mismatch mismatch_of(std::string_view filters, std::string_view event) {
    return filters_of(filters).explain(event_of(event)).value_or(Mismatch{"none", "", "", ""});
}

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
        {R"({"camera_in":1})", R"({"camera":"1"})", "camera_in", "1", "null",
         "the event has no camera"},
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
         "medmask.name", R"("none")", "null", "the event has no medmask"},
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

TEST(PlateHint, ExplainsHowAlikePlatesDiffer) {
    struct Case {
        std::string_view wanted, found, hint;
    };
    const Case cases[] = {
        {"A123BC", "А123BC",
         "the plates differ only in look-alike letters (found А is U+0410 CYRILLIC, wanted A is "
         "U+0041 LATIN)"},
        {"А123ВС", "A123BC",
         "the plates differ only in look-alike letters (found A is U+0041 LATIN, wanted А is "
         "U+0410 CYRILLIC)"},
        {"X777XX", "X777XХ",
         "the plates differ only in look-alike letters (found Х is U+0425 CYRILLIC, wanted X is "
         "U+0058 LATIN)"},
        {"АВЕКМНОРСТУХ", "ABEKMHOPCTYX",
         "the plates differ only in look-alike letters (found A is U+0041 LATIN, wanted А is "
         "U+0410 CYRILLIC)"},
        {"AI1", "AІ1",
         "the plates differ only in look-alike letters (found І is U+0406 CYRILLIC, wanted I is "
         "U+0049 LATIN)"},
        {"A123BC", "a123bc", "the plates differ only in upper and lower case"},
        {"Ж123", "ж123", "the plates differ only in upper and lower case"},
        {"Ё123", "ё123", "the plates differ only in upper and lower case"},
        {"A123BC", "A 123-BC", "the plates differ only in spaces or hyphens"},
        {"A123BC", "A\u00A0123\u2013BC", "the plates differ only in spaces or hyphens"},
        {"A123BC", " А-123вс",
         "the plates differ only in look-alike letters (found А is U+0410 CYRILLIC, wanted A is "
         "U+0041 LATIN) and upper and lower case and "
         "spaces or hyphens"},
        {"a1", "А1",
         "the plates differ only in look-alike letters (found А is U+0410 CYRILLIC, wanted a is "
         "U+0061 LATIN) and upper and lower case"},
        {"A123BC", "B123BC", ""},
        {"A123BC", "A123BCD", ""},
        {"A123BC", "Ж123BC", ""},
        {"A0", "AO", ""},
        {"😀1", "😁1", ""},
        {"A123BC", "-", ""},
    };
    for (const auto& [wanted, found, hint] : cases) {
        const nlohmann::json filters{{"license_plate_number", wanted}};
        const nlohmann::json event{{"type", "car"}, {"license_plate_number", found}};
        const auto mismatch = mismatch_of(filters.dump(), event.dump());
        EXPECT_EQ(mismatch.filter, "license_plate_number");
        EXPECT_EQ(mismatch.hint, hint) << wanted << " " << found;
    }
}

} // namespace
} // namespace agent

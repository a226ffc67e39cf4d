#include "test/agent/webhooks/filter_fixture.hpp"

namespace agent {
namespace {

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

#include "agent/events/json_strings.hpp"

#include <gtest/gtest.h>

using agent::with_cut_strings;

namespace {

struct Text {
    std::string_view json;
    std::string_view cut; ///< empty: there is nothing to cut
};

} // namespace

TEST(JsonStrings, CutsLongPlainStrings) {
    const Text rows[] = {
        {R"({"a":"12345678"})", ""},
        {R"({"a":"123456789"})", ""},
        {R"({"a":"1234567890"})", R"({"a":"123456789"})"},
        {R"({"a":"1234567890123","b":1,"c":["1234567890","",""]})",
         R"({"a":"123456789","b":1,"c":["123456789","",""]})"},
        {R"({"1234567890":1})", R"({"123456789":1})"},
        {R"("1234567890")", R"("123456789")"},
        // Its last character could be half of an escape or of a character.
        {R"({"a":"12345678\\9012"})", ""},
        {R"({"a":"12345678\"9012"})", ""},
        {R"({"a":"1234567890\"","b":"1234567890"})", R"({"a":"1234567890\"","b":"123456789"})"},
        {R"({"a":"\\","b":"1234567890"})", R"({"a":"\\","b":"123456789"})"},
        {"{\"a\":\"1234567890\xC3\xA4\"}", ""},
        // The parser has to see what is wrong.
        {"{\"a\":\"1234567890\n\"}", ""},
        {"{\"a\":\"1234567890\xFF\"}", ""},
        {R"({"a":"1234567890)", ""},
        {R"({"a":"1234567890","b":"1234567890)", R"({"a":"123456789","b":"1234567890)"},
        {"", ""},
        {"\"", ""},
        {"1234567890", ""},
    };
    for (const auto& [json, cut] : rows) {
        EXPECT_EQ(with_cut_strings(json, 8).value_or(std::string{json}), cut.empty() ? json : cut);
    }
}

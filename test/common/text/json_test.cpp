#include "common/text/json.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace common {
namespace {

using nlohmann::json;

TEST(Json, WritesValuesAsText) {
    EXPECT_EQ(text_of(json{{"b", {1, 2.5, nullptr}}, {"a", true}}),
              R"({"a":true,"b":[1,2.5,null]})");
    EXPECT_EQ(text_of(nlohmann::ordered_json{{"b", 1}, {"a", 2}}), R"({"b":1,"a":2})");
    EXPECT_EQ(text_of(json("a\xffz")), "\"a\xef\xbf\xbdz\"") << "not UTF-8";
}

TEST(Json, CutsLongValuesBetweenCharacters) {
    EXPECT_EQ(shown(json("short")), "\"short\"");
    const auto whole = std::string(78, 'x');
    EXPECT_EQ(shown(json(whole)), "\"" + whole + "\"");
    // The two bytes of the character would be the 80th and the 81st.
    EXPECT_EQ(shown(json(whole + "\xd0\xb4")), "\"" + whole + "…");
}

TEST(Json, NamesTypes) {
    const std::pair<json, const char*> rows[] = {{json::object(), "an object"},
                                                 {json::array(), "a list"},
                                                 {"x", "a string"},
                                                 {true, "a boolean"},
                                                 {nullptr, "null"},
                                                 {-1, "a number"},
                                                 {1U, "a number"},
                                                 {0.5, "a number"}};
    for (const auto& [value, name] : rows) {
        EXPECT_EQ(kind_of(value), name) << value;
    }
}

TEST(Json, ParsesWhatTheContractAllows) {
    const auto deepest = std::string(max_depth, '[') + std::string(max_depth, ']');
    for (const std::string& text : {std::string{"{\"a\":[1,\"\xd0\xb4\"]}"}, deepest}) {
        EXPECT_TRUE(parse_json(text)) << text;
    }
    const std::pair<std::string, const char*> rows[] = {
        {"\xef\xbb\xbf{}", "at byte 1: a byte order mark (BOM); expected UTF-8 without one"},
        {std::string{"{}\0", 3}, "at byte 3: a NUL byte"},
        {"[" + deepest + "]", "the JSON is nested more than 64 deep"},
        {"[1e999]", "a number at byte 6: too large for a double"},
        {"{\"a\":}", "not valid JSON at byte 6: unexpected '}'; expected a value"},
        {"", "not valid JSON at byte 1"}};
    for (const auto& [text, message] : rows) {
        SCOPED_TRACE(text);
        const auto value = parse_json(text);
        ASSERT_FALSE(value);
        EXPECT_EQ(value.error().fault, Fault::input);
        EXPECT_NE(value.error().message.find(message), std::string::npos) << value.error().message;
    }
    const auto secret = parse_json("{\"password\":\"geheim\", x");
    ASSERT_FALSE(secret);
    EXPECT_EQ(secret.error().message.find("geheim"), std::string::npos) << secret.error().message;
}

} // namespace
} // namespace common

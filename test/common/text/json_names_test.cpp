#include "common/text/json_names.hpp"

#include <gtest/gtest.h>

namespace {

using common::repeated_name;

TEST(RepeatedName, IsFoundInAnyObject) {
    const std::pair<const char*, const char*> rows[] = {
        {R"({"a":1,"a":1})", R"("a")"},
        {R"({"a":1,"b":{"c":1,"c":2}})", R"("c")"},
        {R"([{"a":1},{"b":[{"x":1,"y":2,"x":3}]}])", R"("x")"},
        {R"({"a":{"b":1},"a":2})", R"("a")"},
        {R"({"\u0061":1,"a":2})", R"("a")"},
        {R"({"":1,"":2})", R"("")"},
        {"{\"a\\nb\":1,\"a\\nb\":2}", R"("a\nb")"},
    };
    for (const auto& [text, name] : rows) {
        EXPECT_EQ(repeated_name(text), name) << text;
    }
}

TEST(RepeatedName, IsNoneWhereObjectsHaveTheSameNames) {
    for (const auto* text : {"[]", "{}", "5", R"([{"a":1},{"a":2}])", R"({"a":{"a":{"a":1}}})",
                             R"({"a":[{"b":1},{"b":2}],"b":3})", R"({"a":1,"A":2})"}) {
        EXPECT_EQ(repeated_name(text), std::nullopt) << text;
    }
}

} // namespace

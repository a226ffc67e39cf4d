#include "agent/webhooks/page_signs.hpp"

#include <gtest/gtest.h>

namespace {

using nlohmann::json;

/// What follows a first page of `items` webhooks: the reference, "" for the end, or the error.
std::string after(const std::string& envelope, std::uint64_t items,
                  const common::Headers& headers = {}) {
    const auto signs = agent::read_page_signs(json::parse(envelope), headers);
    if (!signs) {
        return signs.error().message;
    }
    const auto next = agent::next_page(*signs, {items, 1, items});
    return next ? *next : next.error().message;
}

TEST(PageSigns, AWholeListIsWhole) {
    for (const auto* text : {
             "[]",
             "{}",
             R"({"total":2})",
             R"({"count":2,"next":null,"previous":null})",
             R"({"total":2,"page":1,"size":50,"pages":1})",
             R"({"total":2,"page":0,"size":50,"pages":1})",
             R"({"total":2,"limit":50,"offset":0})",
             R"({"total":null,"page":1,"size":50,"pages":null})",
             R"({"total":-1,"pages":"many","count":{}})",
             R"({"has_more":false,"next_cursor":null})",
             R"({"has_more":false,"next_cursor":"always there"})",
             R"({"hasNextPage":false,"more":false,"truncated":false,"last":true,"remaining":0})",
             R"({"meta":{"total":2,"pagination":{"pages":1}},"links":{"next":null,"last":"/x"}})",
             R"({"_links":{"next":{"href":null}},"page":{"totalElements":2,"totalPages":1}})",
             R"({"pagination":{"next":"","total_pages":1},"links":[{"rel":"self","href":"/x"}]})",
             R"({"count":1,"total":2})",
             R"({"total":1})",
             R"({"next":false,"previous":"/v1/webhooks/"})",
             R"({"to\u001btal":9,"version":3,"cursor":"here"})",
         }) {
        EXPECT_EQ(after(text, 2), "") << text;
    }
    EXPECT_EQ(after("[]", 2, {{"X-Total-Count", "2"}, {"Content-Range", "items 0-1/2"}}), "");
    EXPECT_EQ(after("[]", 2, {{"Link", R"(</v1/webhooks/>; rel="prev")"}, {"X-Next-Page", ""}}),
              "");
    EXPECT_EQ(after("[]", 2, {{"Content-Range", "items 0-1/*"}}), "");
}

TEST(PageSigns, FollowsWhatIsUnambiguous) {
    const std::pair<const char*, const char*> rows[] = {
        {R"({"next_page":"a","next":"b"})", "a"},
        {R"({"next_page":null,"next":"b"})", "b"},
        {R"({"links":{"next":"/v1/webhooks/?page=2"},"count":60})", "/v1/webhooks/?page=2"},
        {R"({"_links":{"next":{"href":"?page=2"}}})", "?page=2"},
        {R"({"links":[{"rel":"self","href":"a"},{"rel":"next","href":"b"}]})", "b"},
        {R"({"meta":{"pagination":{"next_page_url":"?page=2"}}})", "?page=2"},
        {R"({"@odata.nextLink":"?skip=2"})", "?skip=2"},
        {R"({"nextUrl":"?page=2"})", "?page=2"},
        {R"({"total":60,"page":1,"size":50,"pages":2})", "?page=2&size=50"},
        {R"({"total":60,"page":0,"size":50,"pages":2})", "?page=1&size=50"},
        {R"({"pages":2,"page":1})", "?page=2"},
        {R"({"has_next":true,"page":1,"page_size":2})", "?page=2&page_size=2"},
        {R"({"current_page":1,"last_page":4,"per_page":2})", "?page=2&per_page=2"},
        {R"({"total":60,"limit":2,"offset":0})", "?offset=2&limit=2"},
        {R"({"meta":{"total":"60","page":1}})", "?page=2"},
        {R"({"pagination":{"page":1,"totalPages":3}})", "?page=2"},
    };
    for (const auto& [text, reference] : rows) {
        EXPECT_EQ(after(text, 2), reference) << text;
    }
    EXPECT_EQ(after("[]", 2, {{"link", R"(<?page=1>; rel="first", <?a=1,2&page=2>; rel="next")"}}),
              "?a=1,2&page=2");
    EXPECT_EQ(after("[]", 2, {{"Link", R"(<?page=2>; title="x"; rel=next)"}}), "?page=2");
    EXPECT_EQ(after("[]", 2, {{"X-Next-Page", "2"}}), "?page=2");
}

TEST(PageSigns, WhatSaysThatThereIsMoreHasBrokenOff) {
    for (const auto& [text, sign] : std::vector<std::pair<std::string, std::string>>{
             {R"({"count":3})", "count = 3"},
             {R"({"count":3,"next":null})", "count = 3"},
             {R"({"total":60})", "total = 60"},
             {R"({"total":"60"})", "total = 60"},
             {R"({"count":2,"total":60})", "total = 60"},
             {R"({"total_count":3})", "total_count = 3"},
             {R"({"totalCount":3})", "totalCount = 3"},
             {R"({"meta":{"total":3}})", "total = 3"},
             {R"({"pagination":{"total_items":3}})", "total_items = 3"},
             {R"({"page":{"totalElements":3}})", "totalElements = 3"},
             {R"({"page":{"number":0,"totalPages":2}})", "totalPages = 2"},
             {R"({"pages":2})", "pages = 2"},
             {R"({"has_next":true})", "has_next = true"},
             {R"({"has_more":true})", "has_more = true"},
             {R"({"hasMore":1})", "hasMore = 1"},
             {R"({"last":false})", "last = false"},
             {R"({"page_info":{"has_next_page":true,"end_cursor":"x"}})", "has_next_page = true"},
             {R"({"next_cursor":"abc"})", R"(next_cursor = "abc")"},
             {R"({"nextPageToken":"abc"})", R"(nextPageToken = "abc")"},
             {R"({"cursors":{"next":"abc"}})", R"(next = "abc")"},
             {R"({"remaining":1})", "remaining = 1"},
             {R"({"total":3.0})", "total = 3"},
             {R"({"total":{"value":3,"relation":"eq"}})", "total = 3"},
         }) {
        EXPECT_EQ(after(text, 2), "the list of webhooks breaks off after 2 of them: " + sign +
                                      " says that there are more, but not where")
            << text;
    }
    EXPECT_NE(after("[]", 2, {{"X-Total-Count", "3"}}).find("X-Total-Count = 3"),
              std::string::npos);
    EXPECT_NE(after("[]", 2, {{"Content-Range", "items 0-1/3"}}).find("Content-Range = 3"),
              std::string::npos);
    const std::pair<const char*, const char*> headers[] = {
        {"X-WP-Total", "3"},    {"X-WP-TotalPages", "2"},  {"X-Pagination-Total", "3"},
        {"X-Total", "3"},       {"Pagination-Count", "3"}, {"X-Total-Results", "3"},
        {"X-Has-More", "true"}, {"X-Next-Cursor", "abc"},  {"X-Pagination", R"({"TotalCount":3})"}};
    for (const auto& [name, value] : headers) {
        EXPECT_NE(after("[]", 2, {{name, value}}).find("breaks off"), std::string::npos) << name;
    }
    for (const auto* name :
         {"X-RateLimit-Remaining", "X-RateLimit-Limit", "X-Request-Count", "X-Runtime-Total",
          "X-Limit", "X-Remaining", "Age", "Content-Length"}) {
        EXPECT_EQ(after("[]", 2, {{name, "99"}}), "") << name;
    }
    EXPECT_NE(after(R"({"total":3,"page":1})", 0).find("breaks off after 0"), std::string::npos)
        << "an empty page is followed nowhere";
    EXPECT_EQ(after(R"({"links":{"next":5}})", 2), "next is a number: expected a URL or null");
}

TEST(PageSigns, AFullPageAndACursorAreInDoubt) {
    const auto doubt = [](const char* text) {
        const auto signs = agent::read_page_signs(json::parse(text), {});
        return signs ? agent::doubt_of_end(*signs, {2, 1, 2}) : signs.error().message;
    };
    const std::pair<const char*, const char*> rows[] = {
        {R"({"limit":2})", "limit = 2"},
        {R"({"meta":{"per_page":"2"}})", "per_page = 2"},
        {R"({"count":2,"size":2})", "size = 2"},
        {R"({"cursor":"abc"})", R"(cursor = "abc")"},
        {R"({"paging":{"cursors":{"after":"abc"}}})", R"(after = "abc")"},
        {"[]", ""},
        {R"({"limit":3})", ""},
        {R"({"limit":0})", ""},
        {R"({"limit":2,"total":2})", ""},
        {R"({"limit":2,"pages":1})", ""},
        {R"({"limit":2,"next":null})", ""},
        {R"({"limit":2,"links":{"next":{"href":null}}})", ""},
        {R"({"limit":2,"has_more":false})", ""},
        {R"({"cursor":"abc","has_more":false})", ""},
        {R"({"cursor":null,"after":0})", ""},
    };
    for (const auto& [text, says] : rows) {
        EXPECT_EQ(doubt(text), says) << text;
    }
}

TEST(PageSigns, TheLastPageEndsTheList) {
    const auto signs =
        agent::read_page_signs(json::parse(R"({"total":60,"page":2,"size":50,"pages":2})"), {});
    ASSERT_TRUE(signs);
    EXPECT_EQ(agent::next_page(*signs, {60, 2, 10}).value(), "");
    EXPECT_EQ(agent::next_page(*signs, {59, 2, 9}).value(), "?page=3&size=50")
        << "one is missing: the next page is empty, and then the list has broken off";
}

} // namespace

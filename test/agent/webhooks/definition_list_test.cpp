#include "agent/webhooks/definition_list.hpp"

#include <gtest/gtest.h>

using agent::read_list;
using agent::read_local_definitions;
using nlohmann::json;

namespace {

std::string list_fault(std::string_view text) {
    const auto list = read_list(text);
    return list ? "none" : list.error().message;
}

std::string local_fault(std::string_view text) {
    const auto list = read_local_definitions(text);
    return list ? "none" : list.error().message;
}

std::optional<std::string> next_of(std::string_view text) {
    const auto list = read_list(text);
    EXPECT_TRUE(list) << text << ": " << list.error().message;
    return list ? list->next : std::nullopt;
}

} // namespace

TEST(ReadList, TakesEveryEnvelope) {
    for (const auto* text :
         {R"([{"id":1},{"id":2}])", R"({"results":[{"id":1},{"id":2}]})",
          R"({"items":[{"id":1},{"id":2}],"count":2})",
          R"({"data":[{"id":1},{"id":2}],"next":null})",
          R"( {"next_page":"","prev_page":null,"results":[{"id":1},{"id":2}]} )"}) {
        const auto list = read_list(text);
        ASSERT_TRUE(list) << text << ": " << list.error().message;
        EXPECT_EQ(list->definitions, (std::vector<json>{{{"id", 1}}, {{"id", 2}}})) << text;
        EXPECT_EQ(list->next, std::nullopt) << text;
    }
    EXPECT_EQ(
        read_list(R"({"data":[{"id":1}],"results":[{"id":2}],"items":[]})")->definitions.front(),
        (json{{"id", 2}}));
    for (const auto* text : {"[]", R"({"results":[]})", R"({"items":[]})", R"({"data":[]})"}) {
        EXPECT_TRUE(read_list(text)->definitions.empty()) << text;
    }
}

TEST(ReadList, FindsTheNextPage) {
    EXPECT_EQ(next_of(R"({"results":[],"next_page":"/v1/webhooks/?page=2"})"),
              "/v1/webhooks/?page=2");
    EXPECT_EQ(next_of(R"({"items":[],"next":"https://ffl.example/v1/webhooks/?page=2"})"),
              "https://ffl.example/v1/webhooks/?page=2");
    EXPECT_EQ(next_of(R"({"results":[],"next_page":null,"next":"b"})"), "b");
    EXPECT_EQ(next_of(R"({"results":[],"next_page":"","next":"b"})"), "b");
    EXPECT_EQ(next_of(R"({"results":[],"next_page":"a","next":"b"})"), "a");
    EXPECT_EQ(next_of(R"({"results":[],"prev_page":"a"})"), std::nullopt);
    EXPECT_EQ(next_of("[]"), std::nullopt);
}

TEST(ReadList, SaysWhatIsWrong) {
    const std::pair<std::string, std::string_view> rows[] = {
        {"<!DOCTYPE html><html></html>", "this is an HTML page, not JSON: is server.url right?"},
        {"\n  <html>", "this is an HTML page"},
        {"\xEF\xBB\xBF<html>", "this is an HTML page"},
        {"", "the list of webhooks: not valid JSON at byte 1: unexpected end of input"},
        {"[", "not valid JSON at byte 2: unexpected end of input"},
        {R"([{"id":1},{"id":)", "unexpected end of input"},
        {R"({"results":[{"id":1}])", "unexpected end of input; expected '}'"},
        {"[] []", "unexpected '['; expected end of input"},
        {"not found", "neither a value nor a sign of JSON"},
        {"\xEF\xBB\xBF[]", "a byte order mark (BOM)"},
        {"[{\"name\":\"\xff\"}]", "ill-formed UTF-8"},
        {std::string(65, '[') + std::string(65, ']'), "nested more than 64 deep"},
        {std::string(300'000, '['), "nested more than 64 deep"},
        {"null", "a list of webhooks must be a JSON array, this is null"},
        {"\"ok\"", "a list of webhooks must be a JSON array, this is a string"},
        {R"({"detail":"Not found."})", "no list of webhooks inside: neither an array nor an object "
                                       "with results, items or data (it has \"detail\")"},
        {"{}", "no list of webhooks inside: neither an array nor an object with results, items or "
               "data (it is empty)"},
        {R"({"results":{}})", "results must be a list of webhooks, this is an object"},
        {R"({"items":null})", "items must be a list of webhooks, this is null"},
        {R"({"results":null,"items":[]})", "results must be a list"},
        {R"([{"id":1},5])", "webhook 2 of the list must be an object, this is a number"},
        {R"({"data":[null]})", "webhook 1 of the list must be an object, this is null"},
        {R"({"data":[[]]})", "webhook 1 of the list must be an object, this is a list"},
        {R"({"results":[],"next_page":2})", "next_page must be a URL or null, this is a number"},
        {R"({"results":[],"next":{"page":2}})", "next must be a URL or null, this is an object"},
        {R"({"results":[],"next":true})", "next must be a URL or null, this is a boolean"},
    };
    for (const auto& [text, part] : rows) {
        EXPECT_NE(list_fault(text).find(part), std::string::npos)
            << text.substr(0, 80) << "\n gave: " << list_fault(text) << "\n not: " << part;
    }
}

TEST(ServerKey, IsTheIntegerIdInDecimal) {
    const auto key = [](std::string_view text) {
        const auto got = agent::server_key(json::parse(text));
        return got ? *got : "fault: " + got.error().message;
    };
    EXPECT_EQ(key(R"({"id":1})"), "1");
    EXPECT_EQ(key(R"({"id":0})"), "0");
    EXPECT_EQ(key(R"({"id":-3})"), "-3");
    EXPECT_EQ(key(R"({"id":9007199254740993})"), "9007199254740993");
    EXPECT_EQ(key(R"({"id":18446744073709551615})"), "18446744073709551615");
    EXPECT_EQ(key(R"({"id":"5","name":"door"})"),
              R"(fault: the webhook "door" has the id "5"; an integer is needed)");
    EXPECT_EQ(key(R"({"id":5.0,"name":"door"})"),
              R"(fault: the webhook "door" has the id 5.0; an integer is needed)");
    EXPECT_EQ(key(R"({"id":null,"name":"door"})"),
              R"(fault: the webhook "door" has the id null; an integer is needed)");
    EXPECT_EQ(key(R"({"id":true})"),
              "fault: a webhook without a name has the id true; an integer is needed");
    EXPECT_EQ(key(R"({"name":"door"})"),
              R"(fault: the webhook "door" has no id; an integer is needed)");
    EXPECT_EQ(key("{}"), "fault: a webhook without a name has no id; an integer is needed");
    EXPECT_EQ(key("[]"), "fault: a webhook without a name has no id; an integer is needed");
    EXPECT_EQ(key("5"), "fault: a webhook without a name has no id; an integer is needed");
}

TEST(LocalDefinitions, HaveTheirNamesForKeys) {
    const auto list = read_local_definitions(
        R"([{"name":"door","target":"http://127.0.0.1/a","id":7},{"name":"шлагбаум","target":"https://h/b","active":false,"x":1}])");
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->size(), 2U);
    EXPECT_EQ((*list)[0].first, "local:door");
    EXPECT_EQ((*list)[0].second,
              (json{{"name", "door"}, {"target", "http://127.0.0.1/a"}, {"id", 7}}));
    EXPECT_EQ((*list)[1].first, "local:шлагбаум");
    EXPECT_EQ((*list)[1].second.at("x"), 1);
    EXPECT_EQ(read_local_definitions(
                  R"({"results":[{"name":"a","target":"http://h/"}],"next_page":null})")
                  ->front()
                  .first,
              "local:a");
    EXPECT_TRUE(read_local_definitions("[]")->empty());
}

TEST(LocalDefinitions, TakeADefinitionThatBreaksTheRules) {
    const auto list = read_local_definitions(
        R"([{"name":"a","target":"http://h/","filters":{"smile":1}},{"name":"b","filters":5}])");
    ASSERT_TRUE(list) << list.error().message;
    EXPECT_EQ(list->size(), 2U);
}

TEST(LocalDefinitions, NameEveryFault) {
    EXPECT_EQ(
        local_fault(
            R"([{"name":"a","target":"http://h/"},{"name":"b","target":"http://h/"},{"name":"a","target":"http://h/"}])"),
        R"(webhook 3 ("a"): another webhook has this name already; each needs its own)");
    EXPECT_EQ(local_fault(R"([{"target":"http://h/"}])"),
              "webhook 1 has no name; a name is needed, it is the webhook's key");
    EXPECT_EQ(local_fault(R"([{"name":"","target":"http://h/"}])"),
              R"(webhook 1 ("") has no name; a name is needed, it is the webhook's key)");
    EXPECT_EQ(local_fault(R"([{"name":7,"target":"http://h/"},{"target":"http://h/"}])"),
              "webhook 1 has no name; a name is needed, it is the webhook's key; "
              "webhook 2 has no name; a name is needed, it is the webhook's key");
    EXPECT_EQ(local_fault(R"({"results":[],"next_page":"/?page=2"})"),
              "this is one page of a longer list, the next is elsewhere; a whole list is needed");
    EXPECT_NE(local_fault(R"([{"name":"a","target":"http://h/"},7])")
                  .find("webhook 2 of the list must be an object"),
              std::string::npos);
    EXPECT_NE(local_fault("[").find("not valid JSON"), std::string::npos);
}

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
    return list ? list->signs.next : std::nullopt;
}

} // namespace

TEST(ReadList, AcceptsEveryShape) {
    for (
        const auto* text :
        {R"([{"id":1},{"id":2}])", R"({"results":[{"id":1},{"id":2}]})",
         R"({"items":[{"id":1},{"id":2}],"count":2})",
         R"({"data":[{"id":1},{"id":2}],"next":null})",
         R"({"error":null,"errors":[],"success":true,"status":"ok","code":200,"data":[{"id":1},{"id":2}]})",
         R"({"error":false,"code":0,"status":200,"items":[{"id":1},{"id":2}]})",
         R"( {"next_page":"","prev_page":null,"results":[{"id":1},{"id":2}]} )"}) {
        const auto list = read_list(text);
        ASSERT_TRUE(list) << text << ": " << list.error().message;
        EXPECT_EQ(list->definitions, (std::vector<std::string>{R"({"id":1})", R"({"id":2})"}))
            << text;
        EXPECT_EQ(list->signs.next, std::nullopt) << text;
    }
    for (const auto* text :
         {R"({"results":[],"items":[{"id":2}]})", R"({"data":[],"results":[{"id":2}],"items":[]})",
          R"({"data":[{"id":2}],"items":[{"id":2}]})"}) {
        EXPECT_EQ(read_list(text)->definitions, std::vector<std::string>{R"({"id":2})"}) << text;
    }
    EXPECT_EQ(read_list(R"({"x":[{"id":1}],"data":[{"a":{"b":[{}]}}],"y":{"results":[{"z":1}]}})")
                  ->definitions,
              std::vector<std::string>{R"({"a":{"b":[{}]}})"});
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
        {"<!DOCTYPE html><html></html>", "this is an HTML page: expected JSON; check [server] url"},
        {"\n  <html>", "this is an HTML page"},
        {"\xEF\xBB\xBF<html>", "this is an HTML page"},
        {"", "the list of webhooks: not valid JSON at byte 1: unexpected end of input"},
        {"[", "not valid JSON at byte 2: unexpected end of input"},
        {R"([{"id":1},{"id":)", "unexpected end of input"},
        {R"({"results":[{"id":1}])", "unexpected end of input; expected '}'"},
        {"[] []", "unexpected '['; expected end of input"},
        {"not found", "neither a value nor punctuation of JSON"},
        {"\xEF\xBB\xBF[]", "a byte order mark (BOM)"},
        {"[{\"name\":\"\xff\"}]", "ill-formed UTF-8"},
        {std::string(65, '[') + std::string(65, ']'), "nested more than 64 deep"},
        {std::string(300'000, '['), "nested more than 64 deep"},
        {"null", "the list of webhooks is null: expected a JSON array"},
        {"\"ok\"", "the list of webhooks is a string: expected a JSON array"},
        {R"({"detail":"Not found."})",
         "this is not a list of webhooks (it has \"detail\"): expected an array, or an object with "
         "results, items or data"},
        {"{}", "this is not a list of webhooks (it is empty): expected an array, or an object with "
               "results, items or data"},
        {R"({"results":{}})", "results is an object: expected a list of webhooks"},
        {R"({"items":null})", "items is null: expected a list of webhooks"},
        {R"({"results":null,"items":[]})", "results is null: expected a list of webhooks"},
        {R"({"data":[{"id":1}],"results":[{"id":2}],"items":[]})",
         "results and data are two lists: expected one list of webhooks"},
        {R"({"results":[],"data":{"id":1}})", "data is an object: expected a list of webhooks"},
        {R"({"error":"db down: pa55","results":[]})",
         "this is not a list of webhooks: error is set says that the server failed to make one"},
        {R"({"success":false,"data":[]})", "success = false says that the server failed"},
        {R"({"status":"error","message":"timeout","data":[]})", R"(status = "error" says)"},
        {R"({"meta":{"code":500},"data":[]})", "code = 500 says"},
        {R"({"errors":[{"title":"x"}],"data":[]})", "errors is set says"},
        {R"([{"id":1},5])", "webhook 2 is a number: expected an object"},
        {R"({"data":[null]})", "webhook 1 is null: expected an object"},
        {R"({"data":[[]]})", "webhook 1 is a list: expected an object"},
        {R"({"results":[],"next_page":2})", "next_page is a number: expected a URL or null"},
        {R"({"results":[],"next":{"page":2}})", "next is an object: expected a URL or null"},
        {R"({"results":[],"next":true})", "next is a boolean: expected a URL or null"},
    };
    for (const auto& [text, part] : rows) {
        EXPECT_NE(list_fault(text).find(part), std::string::npos)
            << text.substr(0, 80) << "\n got: " << list_fault(text) << "\n expected: " << part;
    }
}

TEST(ReadList, IsBounded) {
    const auto repeated = [](std::string_view item, std::size_t count) {
        std::string list = "{\"results\":[";
        for (std::size_t i = 0; i < count; ++i) {
            list.append(i == 0 ? "" : ",").append(item);
        }
        return list + "]}";
    };
    EXPECT_EQ(read_list(repeated("{}", 10'000))->definitions.size(), 10'000U);
    EXPECT_NE(list_fault(repeated("{}", 10'001)).find("more than 10000 webhooks"),
              std::string::npos);
    EXPECT_NE(list_fault(repeated(R"({"id":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]})", 30'000))
                  .find("more than 500000 JSON values"),
              std::string::npos);
    const auto large = R"({"name":")" + std::string(1'000'000, 'x') + "\"}";
    EXPECT_EQ(read_list(repeated(large, 11))->definitions.size(), 11U);
    EXPECT_NE(list_fault(repeated(large, 17)).find("more than 16 MiB"), std::string::npos);
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
              R"(fault: webhook "door": id = "5": expected an integer)");
    EXPECT_EQ(key(R"({"id":5.0,"name":"door"})"),
              R"(fault: webhook "door": id = 5.0: expected an integer)");
    EXPECT_EQ(key(R"({"id":null,"name":"door"})"),
              R"(fault: webhook "door": id = null: expected an integer)");
    EXPECT_EQ(key(R"({"id":true})"),
              "fault: a webhook without a name: id = true: expected an integer");
    EXPECT_EQ(key(R"({"name":"door"})"), R"(fault: webhook "door" has no id: expected an integer)");
    EXPECT_EQ(key("{}"), "fault: a webhook without a name has no id: expected an integer");
    EXPECT_EQ(key("[]"), "fault: a webhook without a name has no id: expected an integer");
    EXPECT_EQ(key("5"), "fault: a webhook without a name has no id: expected an integer");
}

TEST(LocalKey, ContainsTheName) {
    EXPECT_EQ(agent::local_key("door"), "local:door");
    EXPECT_EQ(agent::local_name("local:a:b"), "a:b");
    EXPECT_EQ(agent::local_name("local:"), "");
    EXPECT_EQ(agent::local_name("17"), std::nullopt);
}

TEST(LocalDefinitions, HaveKeysMadeOfTheirNames) {
    const auto list = read_local_definitions(
        R"([{"name":"door","target":"http://127.0.0.1/a","id":7},{"name":"шлагбаум","target":"https://h/b","active":false,"x":1}])");
    ASSERT_TRUE(list) << list.error().message;
    ASSERT_EQ(list->size(), 2U);
    EXPECT_EQ((*list)[0].key, "local:door");
    EXPECT_EQ(json::parse((*list)[0].json),
              (json{{"name", "door"}, {"target", "http://127.0.0.1/a"}, {"id", 7}}));
    EXPECT_EQ((*list)[1].key, "local:шлагбаум");
    EXPECT_EQ(json::parse((*list)[1].json).at("x"), 1);
    EXPECT_EQ(read_local_definitions(
                  R"({"results":[{"name":"a","target":"http://h/"}],"next_page":null})")
                  ->front()
                  .key,
              "local:a");
    EXPECT_TRUE(read_local_definitions("[]")->empty());
}

TEST(LocalDefinitions, KeepADefinitionThatBreaksTheRules) {
    const auto list = read_local_definitions(
        R"([{"name":"a","target":"http://h/","filters":{"smile":1}},{"name":"b","filters":5}])");
    ASSERT_TRUE(list) << list.error().message;
    EXPECT_EQ(list->size(), 2U);
}

TEST(LocalDefinitions, NameEveryFault) {
    EXPECT_EQ(
        local_fault(
            R"([{"name":"a","target":"http://h/"},{"name":"b","target":"http://h/"},{"name":"a","target":"http://h/"}])"),
        R"(webhook 3 ("a"): another webhook already has this name: expected unique names)");
    EXPECT_EQ(local_fault(R"([{"target":"http://h/"}])"),
              "webhook 1: expected a non-empty name, which becomes the webhook's key");
    EXPECT_EQ(local_fault(R"([{"name":"","target":"http://h/"}])"),
              R"(webhook 1 (""): expected a non-empty name, which becomes the webhook's key)");
    EXPECT_EQ(local_fault(R"([{"name":7,"target":"http://h/"},{"target":"http://h/"}])"),
              "webhook 1: expected a non-empty name, which becomes the webhook's key; "
              "webhook 2: expected a non-empty name, which becomes the webhook's key");
    EXPECT_EQ(local_fault(R"({"results":[],"next_page":"/?page=2"})"),
              "this is one page of a longer list: expected the whole list");
    EXPECT_NE(local_fault(R"([{"name":"a","target":"http://h/"},7])")
                  .find("webhook 2 is a number: expected an object"),
              std::string::npos);
    EXPECT_EQ(local_fault(
                  R"([{"name":"a","target":"http://h/","filters":{"camera_in":1},"filters":{}}])"),
              R"(an object has "filters" twice: expected each name once)");
    EXPECT_NE(local_fault("[").find("not valid JSON"), std::string::npos);
    EXPECT_EQ(local_fault(R"([{"name":"a","target":"http://h/","filter":{"camera_in":1}}])"),
              R"(webhook 1 ("a"): unknown key "filter": did you mean "filters"? without it, these )"
              "filters do not apply");
    EXPECT_EQ(
        local_fault(R"([{"name":"a","target":"http://h/","camera_in":1}])"),
        R"(webhook 1 ("a"): key "camera_in" stands beside filters: expected it inside, as in )"
        R"("filters": {"camera_in": …})");
}

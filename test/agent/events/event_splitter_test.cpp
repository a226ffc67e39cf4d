#include "agent/events/event_splitter.hpp"

#include "agent/events/event.hpp"
#include "common/base/file.hpp"

#include <gtest/gtest.h>

using agent::BodyFormat;
using agent::split_events;

namespace {

using Texts = std::vector<std::string>;

Texts split(std::string_view body, BodyFormat format = BodyFormat::json) {
    const auto parts = split_events(body, format);
    return parts ? Texts{parts->begin(), parts->end()} : Texts{"refused: " + parts.error().message};
}

struct Row {
    std::string_view body;
    Texts events;
};

} // namespace

TEST(EventSplitter, SplitsJsonBodies) {
    const Row rows[] = {
        {"{}", {"{}"}},
        {" \r\n\t{\"a\":1} \n", {"{\"a\":1}"}},
        {R"({"a":[1,2],"b":{"c":3}})", {R"({"a":[1,2],"b":{"c":3}})"}},
        {"[]", {}},
        {" [ \n ] ", {}},
        {"[{}]", {"{}"}},
        {"[ {\"a\":1} ,\n{\"b\":2}\t]", {"{\"a\":1}", "{\"b\":2}"}},
        {R"([{"a":"]},[{"},{"b":"\"]"},{"c":"\\"},{"d":"\\\"}"}])",
         {R"({"a":"]},[{"})", R"({"b":"\"]"})", R"({"c":"\\"})", R"({"d":"\\\"}"})"}},
        {R"([{"a":"\\\\"},{"b":"\\\\\\\"},{"},{"\\\"":"\\\\"},{"":""}])",
         {R"({"a":"\\\\"})", R"({"b":"\\\\\\\"},{"})", R"({"\\\"":"\\\\"})", R"({"":""})"}},
        {"[[1,[2]],{\"a\":[{},[]]}]", {"[1,[2]]", "{\"a\":[{},[]]}"}},
        {"[1,\"two, three\",null]", {"1", "\"two, three\"", "null"}},
        {"17", {"17"}},
        {"\"a\"", {"\"a\""}},
        {"nonsense", {"nonsense"}},
        {"\xEF\xBB\xBF[{}]", {"\xEF\xBB\xBF[{}]"}},
    };
    for (const auto& [body, events] : rows) {
        EXPECT_EQ(split(body), events) << body;
    }
}

TEST(EventSplitter, SplitsLines) {
    const Row rows[] = {
        {"{}", {"{}"}},
        {"{\"a\":1}\n{\"b\":2}\n", {"{\"a\":1}", "{\"b\":2}"}},
        {"{\"a\":1}\r\n\r\n  \t\r\n{\"b\":2}\r\n", {"{\"a\":1}", "{\"b\":2}"}},
        {"\n\n {\"a\":1}  \n\n", {"{\"a\":1}"}},
        {"[{}]\n{}", {"[{}]", "{}"}},
        {"{\"a\":\"\\n\"}\n{", {"{\"a\":\"\\n\"}", "{"}},
        {"{} {}", {"{} {}"}},
    };
    for (const auto& [body, events] : rows) {
        EXPECT_EQ(split(body, BodyFormat::ndjson), events) << body;
    }
}

TEST(EventSplitter, SaysWhatIsWrong) {
    const std::pair<std::string_view, std::string_view> rows[] = {
        {"", "the body is empty: expected an event, an array of events, or NDJSON"},
        {" \n\t ", "the body is empty"},
        {"[", "event 0: the body ends before the event or the array does"},
        {"[{}", "event 0: the body ends before the event or the array does"},
        {"[{},", "event 1: the body ends before the event or the array does"},
        {"[{},{}", "event 1: the body ends before the event or the array does"},
        {"[{\"a\":\"]", "event 0: the body ends before the event or the array does"},
        {"[{\"a\":\"\\", "event 0: the body ends before the event or the array does"},
        {"[1,]", "event 1: expected an event before ']' at byte 4"},
        {"[,1]", "event 0: expected an event before ',' at byte 2"},
        {"[1,,2]", "event 1: expected an event before ',' at byte 4"},
        {"[1, ,2]", "event 1: expected an event before ',' at byte 5"},
        {"[,]", "event 0: expected an event before ',' at byte 2"},
        {"[{}}]", "event 0: unexpected '}' at byte 4"},
        {"[{}] x", "the array of events ends at byte 4, but the body goes on"},
        {"[{}][{}]", "the array of events ends at byte 4, but the body goes on"},
        {"[{}]]", "the array of events ends at byte 4, but the body goes on"},
        {" []{}", "the array of events ends at byte 3, but the body goes on"},
        {"{\"a\":1}\n{\"b\":2}",
         "event 0: it ends at byte 7, but the body goes on: expected an array of "
         "events, or one event per line as application/x-ndjson"},
        {"{},{}", "event 0: it ends at byte 2"},
        {"{}]", "event 0: it ends at byte 2"},
        {"{\"a\":1", "event 0: the body ends before the event does"},
        {"{\"a\":\"}", "event 0: the body ends before the event does"},
    };
    for (const auto& [body, part] : rows) {
        const auto parts = split_events(body, BodyFormat::json);
        ASSERT_FALSE(parts) << body;
        EXPECT_EQ(parts.error().fault, common::Fault::input);
        EXPECT_NE(parts.error().message.find(part), std::string::npos)
            << body << "\n got: " << parts.error().message;
    }
    EXPECT_EQ(split("", BodyFormat::ndjson), split("", BodyFormat::json));
    EXPECT_EQ(split("\n\r\n", BodyFormat::ndjson), split("", BodyFormat::json));
}

TEST(EventSplitter, LeavesFaultsInsideAnEventToItsReader) {
    // The splitter does not notice a bracket of the wrong kind, but then some part is not an event.
    for (const auto* body : {"{\"a\":]", "{\"a\":[1}", "{]", "[{\"a\":[1}]]", "[{\"a\":1]]",
                             "[{\"a\":1 \"b\":2}]", "[{]}]", "[{}{}]", "[{}x]"}) {
        const auto parts = split_events(body, BodyFormat::json);
        bool refused = !parts;
        for (const auto part : parts.value_or(std::vector<std::string_view>{})) {
            refused = refused || !agent::read_event(part);
        }
        EXPECT_TRUE(refused) << body;
    }
    const auto lines = split_events("[{}]\n", BodyFormat::ndjson);
    EXPECT_EQ(agent::read_event(lines->front()).error().message,
              "the event is a list: expected a JSON object");
}

TEST(EventSplitter, ReturnsViewsIntoTheBody) {
    const std::string body = " [ {\"a\":1} , {\"b\":2} ] ";
    const auto parts = split_events(body, BodyFormat::json).value();
    ASSERT_EQ(parts.size(), 2U);
    for (const auto part : parts) {
        EXPECT_GE(part.data(), body.data());
        EXPECT_LE(part.data() + part.size(), body.data() + body.size());
    }
}

TEST(EventSplitter, SplitsTheSameEventsFromAnArrayAndFromLines) {
    const auto lines =
        common::read_file(std::string{FFL_TEST_DATA} + "/events/mixed.ndjson").value();
    const auto events = split(lines, BodyFormat::ndjson);
    ASSERT_EQ(events.size(), 40U);
    std::string array = "[";
    for (const auto& event : events) {
        array += (array.size() > 1 ? ",\n" : "") + event;
        EXPECT_TRUE(agent::read_event(event)) << event;
    }
    EXPECT_EQ(split(array + "]"), events);
}

TEST(EventSplitter, AcceptsDeepAndLongBodies) {
    const std::string deep(1'000'000, '[');
    EXPECT_FALSE(split_events(deep, BodyFormat::json));
    EXPECT_EQ(split(deep + std::string(deep.size(), ']')).front().size(), 2 * deep.size() - 2);
    std::string many = "[{}";
    for (int i = 0; i < 100'000; ++i) {
        many += ",{}";
    }
    EXPECT_EQ(split(many + "]").size(), 100'001U);
}

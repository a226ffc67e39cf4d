#include "agent/events/event.hpp"
#include "common/base/file.hpp"
#include "test/agent/events/event_fixture.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <random>

using agent::read_event;

namespace {

/// Blanks that make an event so large that its long strings are cut before it is parsed.
const std::string blanks(2'000, ' ');

std::string nested(std::size_t depth, char open, char close) {
    return std::string(depth, open) + std::string(depth, close);
}

} // namespace

TEST(ReadEvent, SaysWhatIsWrong) {
    using namespace std::string_literals;
    const std::pair<std::string, std::string_view> rows[] = {
        {"", "not valid JSON at byte 1: unexpected end of input"},
        {"   ", "unexpected end of input"},
        {"5", "the event is a number: expected a JSON object"},
        {"1.5", "the event is a number: expected a JSON object"},
        {R"("face")", "the event is a string: expected a JSON object"},
        {"null", "the event is null: expected a JSON object"},
        {"true", "the event is a boolean: expected a JSON object"},
        {"[]", "the event is a list: expected a JSON object"},
        {"nul", "at byte 4: neither a value nor punctuation of JSON"},
        {"{", "at byte 2: unexpected end of input; expected a string"},
        {"}", "at byte 1: unexpected '}'"},
        {R"({"type":"face")", "at byte 15: unexpected end of input; expected '}'"},
        {R"({"type":"face)", "at byte 14: invalid string: missing closing quote"},
        {R"({"type":"face",})", "at byte 16: unexpected '}'; expected a string"},
        {R"({"type" "face"})", "at byte 14: unexpected a string; expected ':'"},
        {R"({"type":})", "at byte 9: unexpected '}'; expected a value"},
        {R"({type:"face"})", "at byte 3: neither a value nor punctuation of JSON"},
        {R"({'type':'face'})", "at byte 2: neither a value nor punctuation of JSON"},
        {R"({"type":"face"}})", "at byte 16: unexpected '}'; expected end of input"},
        {R"({"type":"face"}{"type":"car"})", "at byte 16: unexpected '{'; expected end of input"},
        {R"({"type":"face"} x)", "at byte 17: neither a value nor punctuation of JSON"},
        {R"({"camera":[1,2})", "at byte 15: unexpected '}'; expected ']'"},
        {R"({"camera":01})", "at byte 12: unexpected a number; expected '}'"},
        {R"({"camera":+1})", "at byte 11: neither a value nor punctuation of JSON"},
        {R"({"confidence":.5})", "at byte 15: neither a value nor punctuation of JSON"},
        {R"({"confidence":5.})", "invalid number; expected digit after '.'"},
        {R"({"confidence":-})", "invalid number; expected digit after '-'"},
        {R"({"confidence":NaN})", "neither a value nor punctuation of JSON"},
        {R"({"confidence":1e400})", "a number at byte 19: too large for a double"},
        {R"({"confidence":-1e400})", "too large for a double"},
        {R"({"x":1/*why*/})", "neither a value nor punctuation of JSON"},
        {"{\"type\":\"fa\nce\"}", "invalid string: control character U+000A"},
        {"{\"type\":\"fa\tce\"}", "invalid string: control character U+0009"},
        {R"({"type":"\x41"})", "invalid string: forbidden character after backslash"},
        {R"({"type":"\u12g4"})", "'\\u' must be followed by 4 hex digits"},
        {R"({"type":"\ud83d"})", "surrogate"},
        {R"({"type":"\ud83dx"})", "surrogate"},
        {R"({"type":"\ud83d\u0041"})", "surrogate"},
        {R"({"type":"\ude00"})", "surrogate"},
        {R"({"\ude00":1})", "surrogate"},
        {"{\"type\":\"\xff\"}", "invalid string: ill-formed UTF-8 byte"},
        {"{\"type\":\"\xc3\"}", "invalid string: ill-formed UTF-8 byte"},
        {"{\"type\":\"\xc0\x80\"}", "invalid string: ill-formed UTF-8 byte"},
        {"{\"type\":\"\xed\xa0\x80\"}", "invalid string: ill-formed UTF-8 byte"},
        {"{\"type\":\"\xf5\x80\x80\x80\"}", "invalid string: ill-formed UTF-8 byte"},
        {"\xEF\xBB\xBF{}", "at byte 1: a byte order mark (BOM)"},
        {"\xFF\xFE{\0}\0"s, "a NUL byte"},
        {"{}\0"s, "at byte 3: a NUL byte"},
        {"{}\0{\"type\":\"face\"}"s, "at byte 3: a NUL byte"},
        {"{\"type\":\"\0\"}"s, "at byte 10: a NUL byte"},
        {"{\"a\":" + nested(64, '[', ']') + "}", "the JSON is nested more than 64 deep"},
        {R"({"id":"a\r\nx-evil: 1"})",
         "id contains a control character: expected a string without any"},
        {R"({"id":"a\u0000"})", "id contains a control character: expected a string without any"},
        {R"({"id":"\u007f"})", "id contains a control character: expected a string without any"},
        {R"({"id":"\u0085"})", "id contains a control character: expected a string without any"},
        {R"({"id":")" + std::string(257, 'x') + R"("})", "id has 257 bytes: expected at most 256"},
    };
    for (const auto& [json, part] : rows) {
        const auto event = read_event(json);
        ASSERT_FALSE(event) << json;
        EXPECT_EQ(event.error().fault, common::Fault::input);
        EXPECT_NE(event.error().message.find(part), std::string::npos)
            << json << "\n got: " << event.error().message << "\n expected: " << part;
        EXPECT_EQ(event.error().message.find("json.exception"), std::string::npos)
            << event.error().message;
    }
}

TEST(ReadEvent, QuotesNothingOfAFaultyEvent) {
    // An old camera's URL holds its password; a string may be megabytes or not UTF-8.
    const std::string secret = "rtsp://viewer:hunter2@192.0.2.7/";
    for (const auto& json :
         {R"({"camera":{"url":")" + secret, R"({"camera":{"url":")" + secret + "\n\"}}",
          R"({"camera":{"url":")" + secret + R"(\x"}})", R"({"camera" ")" + secret + R"("})",
          "{\"u\":\"" + secret + std::string(100'000, 'x') + "\xff\"}"}) {
        const auto event = read_event(json);
        ASSERT_FALSE(event);
        EXPECT_EQ(event.error().message.find("hunter2"), std::string::npos)
            << event.error().message;
        EXPECT_LT(event.error().message.size(), 200U);
    }
}

TEST(ReadEvent, AcceptsSixtyFourLevelsAndNoMore) {
    const auto objects = [](std::size_t depth) {
        std::string text;
        for (std::size_t i = 1; i < depth; ++i) {
            text += R"({"features":)";
        }
        return text + "{}" + std::string(depth - 1, '}');
    };
    EXPECT_TRUE(read_event(objects(64)));
    EXPECT_FALSE(read_event(objects(65)));
    EXPECT_TRUE(read_event("{\"a\":" + nested(63, '[', ']') + ",\"type\":\"face\"}"));
    EXPECT_FALSE(read_event("{\"a\":" + nested(64, '[', ']') + ",\"type\":\"face\"}"));
    EXPECT_FALSE(read_event("{\"a\":" + std::string(200'000, '[')));
    EXPECT_FALSE(read_event(objects(100'000)));
    // Wide is not deep.
    std::string wide = "{\"a\":[0";
    for (int i = 0; i < 1'000; ++i) {
        wide += ",{\"b\":[]}";
    }
    EXPECT_TRUE(read_event(wide + "]}"));
}

TEST(ReadEvent, RefusesEveryPrefixAndSurvivesEveryBrokenByte) {
    auto whole =
        common::read_file(std::string{FFL_TEST_DATA} + "/events/car_multi_2024.json").value();
    whole.resize(whole.find_last_of('}') + 1);
    for (std::size_t length = 0; length < whole.size(); ++length) {
        EXPECT_FALSE(read_event(std::string_view{whole}.substr(0, length))) << length;
    }
    std::mt19937 random{20240307};
    std::size_t refused = 0;
    constexpr std::size_t rounds = 5'000;
    for (std::size_t round = 0; round < rounds; ++round) {
        auto broken = whole;
        for (auto times = random() % 4; times != 0; --times) {
            broken[random() % broken.size()] = static_cast<char>(random());
        }
        refused += read_event(broken) ? 0U : 1U;
        // The DOM parser refuses the same events, except what only contract section 5 forbids.
        EXPECT_EQ(read_event(broken).has_value(),
                  nlohmann::json::accept(broken) && broken.find('\0') == std::string::npos)
            << broken;
    }
    EXPECT_GT(refused, rounds / 4);
    EXPECT_LT(refused, rounds);
}

TEST(ReadEvent, SaysOfALargeEventAtWhichByteItIsWrong) {
    const auto begin = R"({"image":")" + std::string(5'000, 'x') + R"(",)";
    const std::pair<std::string_view, std::string_view> rows[] = {
        {R"("camera":01})", "not valid JSON at byte 5023: unexpected a number; expected '}'"},
        {R"("confidence":1e400})", "a number at byte 5030: too large for a double"},
        {R"("x":"\q"})", "not valid JSON at byte 5019: invalid string: forbidden character"},
    };
    for (const auto& [rest, message] : rows) {
        const auto event = read_event(begin + std::string{rest});
        ASSERT_FALSE(event) << rest;
        EXPECT_TRUE(event.error().message.starts_with(message)) << event.error().message;
    }
    const auto event = read_event(begin + R"("id":")" + std::string(257, 'x') + R"("})");
    ASSERT_FALSE(event);
    EXPECT_EQ(event.error().message, "id has 257 bytes: expected at most 256");
}

TEST(ReadEvent, ReadsLargeEventsAsItReadsSmallOnes) {
    const std::string whole =
        R"({"id":")" + std::string(63, 'i') + R"(","type":"face","x\"":"\\","camera":7,"image":")" +
        std::string(80, 'x') + R"(","list":["","a",")" + std::string(90, 'y') +
        R"("],"features":{"medmask":{"name":"none","image":")" + std::string(100, 'z') +
        R"("}},"license_plate_number":")" + std::string(64, 'p') + R"("})";
    ASSERT_LT(whole.size(), 1'000U); // a small event
    ASSERT_TRUE(read_event(whole));
    constexpr std::string_view signs = "\"\"\"\\,:{}[]x1\n\xC3\xA4\xFF";
    std::mt19937 random{20240307};
    std::size_t refused = 0;
    constexpr std::size_t rounds = 5'000;
    for (std::size_t round = 0; round < rounds; ++round) {
        auto text = whole;
        for (auto times = random() % 4; times != 0; --times) {
            const auto at = random() % text.size();
            if (random() % 2 == 0) {
                text[at] = signs[random() % signs.size()];
            } else {
                text.insert(at, 1, signs[random() % signs.size()]);
            }
        }
        const auto small = read_event(text);
        EXPECT_EQ(agent::read_and_show(blanks + text).starts_with("refused"), !small) << text;
        if (small) {
            EXPECT_EQ(agent::read_and_show(text + blanks), agent::show(*small)) << text;
        }
        refused += small ? 0U : 1U;
    }
    EXPECT_GT(refused, rounds / 4);
    EXPECT_LT(refused, rounds);
}

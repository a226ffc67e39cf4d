#include "agent/events/event.hpp"

#include <algorithm>
#include <utility>

namespace agent {

namespace {

using common::Fault;
using Parts = std::vector<std::string_view>;

constexpr std::string_view white_space = " \t\r\n";
constexpr auto nowhere = std::string_view::npos;

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(white_space);
    return first == nowhere ? std::string_view{}
                            : text.substr(first, text.find_last_not_of(white_space) - first + 1);
}

std::string byte(std::size_t at) {
    return "byte " + std::to_string(at + 1);
}

auto fault(std::size_t index, std::string_view what) {
    return common::fail(Fault::input, "event " + std::to_string(index) + ": " + std::string{what});
}

/// Where the string that opens at `quote` closes.
std::size_t string_end(std::string_view text, std::size_t quote) {
    for (auto at = quote + 1; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            return at;
        }
    }
    return nowhere;
}

/// The first bracket or comma at or after `at` that does not stand in a string.
std::size_t next_sign(std::string_view text, std::size_t at) {
    for (; at < text.size(); ++at) {
        switch (text[at]) {
        case '"':
            at = string_end(text, at);
            if (at == nowhere) {
                return nowhere;
            }
            break;
        case '[':
        case ']':
        case '{':
        case '}':
        case ',':
            return at;
        default:
            break;
        }
    }
    return nowhere;
}

bool opens(char sign) {
    return sign == '[' || sign == '{';
}

/// `text` ends with what is no white space; the array opens at `start`.
common::Result<Parts> split_array(std::string_view text, std::size_t start) {
    Parts events;
    std::size_t depth = 0;
    auto begin = start + 1;
    for (auto at = next_sign(text, begin); at != nowhere; at = next_sign(text, at + 1)) {
        const auto sign = text[at];
        if (opens(sign)) {
            ++depth;
            continue;
        }
        if (depth > 0) {
            depth -= sign == ',' ? 0 : 1;
            continue;
        }
        if (sign == '}') {
            return fault(events.size(), "a '}' too many at " + byte(at));
        }
        const auto event = trimmed(text.substr(begin, at - begin));
        const bool empty_array = events.empty() && sign == ']';
        if (!event.empty()) {
            events.push_back(event);
        } else if (!empty_array) {
            return fault(events.size(),
                         "nothing stands before the '" + std::string{sign} + "' at " + byte(at));
        }
        if (sign == ']') {
            if (at + 1 != text.size()) {
                return common::fail(Fault::input, "the array of events ends at " + byte(at) +
                                                      ", but the body goes on");
            }
            return events;
        }
        begin = at + 1;
    }
    return fault(events.size(), "the body ends before the event or the array around it does");
}

common::Result<Parts> split_object(std::string_view text, std::size_t start) {
    std::size_t depth = 1;
    for (auto at = next_sign(text, start + 1); at != nowhere; at = next_sign(text, at + 1)) {
        if (text[at] == ',') {
            continue;
        }
        depth = opens(text[at]) ? depth + 1 : depth - 1;
        if (depth > 0) {
            continue;
        }
        // A bracket of the wrong kind is for read_event to tell.
        if (text[at] == '}' && at + 1 != text.size()) {
            return fault(0, "it ends at " + byte(at) +
                                ", but the body goes on; several events go into an array, or one a "
                                "line as application/x-ndjson");
        }
        return Parts{text.substr(start)};
    }
    return fault(0, "the body ends before the event does");
}

Parts split_lines(std::string_view text) {
    Parts events;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (const auto event = trimmed(line); !event.empty()) {
            events.push_back(event);
        }
    }
    return events;
}

} // namespace

common::Result<Parts> split_events(std::string_view body, BodyFormat format) {
    const auto start = body.find_first_not_of(white_space);
    if (start == nowhere) {
        return common::fail(Fault::input,
                            "the body is empty; an event, an array of events, or NDJSON is needed");
    }
    const auto text = body.substr(0, body.find_last_not_of(white_space) + 1);
    if (format == BodyFormat::ndjson) {
        return split_lines(text);
    }
    switch (text[start]) {
    case '[':
        return split_array(text, start);
    case '{':
        return split_object(text, start);
    default:
        return Parts{text.substr(start)};
    }
}

} // namespace agent

#include "agent/events/event_splitter.hpp"

#include "common/base/ascii.hpp"

#include <algorithm>
#include <string>

namespace agent {

namespace {

using common::Fault;
using Count = common::Result<std::size_t>;

constexpr auto nowhere = std::string_view::npos;

std::string byte(std::size_t at) {
    return "byte " + std::to_string(at + 1);
}

auto fault(std::size_t index, std::string_view what) {
    return common::fail(Fault::input, "event " + std::to_string(index) + ": " + std::string{what});
}

/// The position of the quote that closes the string opened at `quote`.
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

/// The first bracket or comma at or after `at` that is not inside a string.
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

/// `text` ends with the last character that is not white space; the array begins at `start`.
Count split_array(std::string_view text, std::size_t start, const EachEvent& each) {
    std::size_t events = 0;
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
            return fault(events, "unexpected '}' at " + byte(at));
        }
        const auto event = common::trim(text.substr(begin, at - begin));
        const bool empty_array = events == 0 && sign == ']';
        if (!event.empty()) {
            ++events;
            if (!each(event)) {
                return events;
            }
        } else if (!empty_array) {
            return fault(events,
                         "expected an event before '" + std::string{sign} + "' at " + byte(at));
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
    return fault(events, "the body ends before the event or the array does");
}

Count split_object(std::string_view text, std::size_t start, const EachEvent& each) {
    std::size_t depth = 1;
    for (auto at = next_sign(text, start + 1); at != nowhere; at = next_sign(text, at + 1)) {
        if (text[at] == ',') {
            continue;
        }
        depth = opens(text[at]) ? depth + 1 : depth - 1;
        if (depth > 0) {
            continue;
        }
        // read_event() reports a bracket of the wrong kind.
        if (text[at] == '}' && at + 1 != text.size()) {
            return fault(0, "it ends at " + byte(at) +
                                ", but the body goes on: expected an array of events, or one event "
                                "per line as application/x-ndjson");
        }
        each(text.substr(start));
        return 1;
    }
    return fault(0, "the body ends before the event does");
}

std::size_t split_lines(std::string_view text, const EachEvent& each) {
    std::size_t events = 0;
    while (!text.empty()) {
        const auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (const auto event = common::trim(line); !event.empty()) {
            ++events;
            if (!each(event)) {
                break;
            }
        }
    }
    return events;
}

} // namespace

Count split_events(std::string_view body, BodyFormat format, const EachEvent& each) {
    const auto trimmed = common::trim(body);
    if (trimmed.empty()) {
        return common::fail(Fault::input,
                            "the body is empty: expected an event, an array of events, or NDJSON");
    }
    if (format == BodyFormat::ndjson) {
        return split_lines(trimmed, each);
    }
    // Positions count from the beginning of the body.
    const auto start = static_cast<std::size_t>(trimmed.data() - body.data());
    const auto text = body.substr(0, start + trimmed.size());
    switch (trimmed.front()) {
    case '[':
        return split_array(text, start, each);
    case '{':
        return split_object(text, start, each);
    default:
        each(trimmed);
        return 1;
    }
}

common::Result<std::vector<std::string_view>> split_events(std::string_view body,
                                                           BodyFormat format) {
    std::vector<std::string_view> events;
    const auto split = split_events(body, format, [&](std::string_view event) {
        events.push_back(event);
        return true;
    });
    return split ? common::Result<std::vector<std::string_view>>{std::move(events)}
                 : common::fail(split.error());
}

} // namespace agent

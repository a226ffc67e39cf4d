#include "agent/events/event_splitter.hpp"

#include "agent/events/json_strings.hpp"
#include "common/base/ascii.hpp"

#include <cstdlib>
#include <string>

namespace agent {

namespace {

using common::Fault;

constexpr auto not_found = std::string_view::npos;

std::string byte(std::size_t at) {
    return "byte " + std::to_string(at + 1);
}

auto fault(std::size_t index, std::string_view what) {
    return common::fail(Fault::input, "event " + std::to_string(index) + ": " + std::string{what});
}

/// The first bracket or comma at or after `at` that is not inside a string.
std::size_t next_sign(std::string_view text, std::size_t at) {
    for (; at < text.size(); ++at) {
        switch (text[at]) {
        case '"':
            at = string_end(text, at);
            if (at == not_found) {
                return not_found;
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
    return not_found;
}

bool opens(char sign) {
    return sign == '[' || sign == '{';
}

} // namespace

EventSplitter::EventSplitter(std::string_view body, BodyFormat format) {
    const auto trimmed = common::trim(body);
    if (trimmed.empty()) {
        return;
    }
    if (format == BodyFormat::ndjson) {
        form_ = Form::lines;
        text_ = trimmed;
        return;
    }
    // Positions count from the beginning of the body.
    at_ = static_cast<std::size_t>(trimmed.data() - body.data());
    text_ = body.substr(0, at_ + trimmed.size());
    form_ = trimmed.front() == '['   ? Form::array
            : trimmed.front() == '{' ? Form::object
                                     : Form::value;
}

EventSplitter::Next EventSplitter::next() {
    switch (form_) {
    case Form::nothing:
        return common::fail(Fault::input,
                            "the body is empty: expected an event, an array of events, or NDJSON");
    case Form::array:
        return next_of_array();
    case Form::object:
        return whole_object();
    case Form::lines:
        return next_line();
    case Form::value:
        return last(text_.substr(at_));
    case Form::end:
        return std::nullopt;
    }
    std::abort(); // not reached
}

/// The next event up to its comma or to the bracket that closes the array; at_ is at the sign
/// before it.
EventSplitter::Next EventSplitter::next_of_array() {
    const auto begin = at_ + 1;
    std::size_t depth = 0;
    for (auto at = next_sign(text_, begin); at != not_found; at = next_sign(text_, at + 1)) {
        const auto sign = text_[at];
        if (opens(sign)) {
            ++depth;
            continue;
        }
        if (depth > 0) {
            depth -= sign == ',' ? 0 : 1;
            continue;
        }
        if (sign == '}') {
            return fault(count_, "unexpected '}' at " + byte(at));
        }
        const auto event = common::trim(text_.substr(begin, at - begin));
        const bool empty_array = count_ == 0 && sign == ']';
        if (event.empty() && !empty_array) {
            return fault(count_,
                         "expected an event before '" + std::string{sign} + "' at " + byte(at));
        }
        if (sign == ']' && at + 1 != text_.size()) {
            return common::fail(Fault::input, "the array of events ends at " + byte(at) +
                                                  ", but the body goes on");
        }
        at_ = at;
        if (sign == ']') {
            form_ = Form::end;
        }
        return event.empty() ? Next{std::nullopt} : given(event);
    }
    return fault(count_, "the body ends before the event or the array does");
}

EventSplitter::Next EventSplitter::whole_object() {
    std::size_t depth = 1;
    for (auto at = next_sign(text_, at_ + 1); at != not_found; at = next_sign(text_, at + 1)) {
        if (text_[at] == ',') {
            continue;
        }
        depth = opens(text_[at]) ? depth + 1 : depth - 1;
        if (depth > 0) {
            continue;
        }
        // read_event() reports a bracket of the wrong kind.
        if (text_[at] == '}' && at + 1 != text_.size()) {
            return fault(0, "it ends at " + byte(at) +
                                ", but the body goes on: expected an array of events, or one event "
                                "per line as application/x-ndjson");
        }
        return last(text_.substr(at_));
    }
    return fault(0, "the body ends before the event does");
}

EventSplitter::Next EventSplitter::next_line() {
    while (at_ < text_.size()) {
        const auto line = text_.substr(at_, text_.find('\n', at_) - at_);
        at_ += line.size() + 1;
        if (const auto event = common::trim(line); !event.empty()) {
            return given(event);
        }
    }
    form_ = Form::end;
    return std::nullopt;
}

EventSplitter::Next EventSplitter::last(std::string_view event) {
    form_ = Form::end;
    return given(event);
}

EventSplitter::Next EventSplitter::given(std::string_view event) {
    ++count_;
    return event;
}

common::Result<std::vector<std::string_view>> split_events(std::string_view body,
                                                           BodyFormat format) {
    std::vector<std::string_view> events;
    for (EventSplitter splitter{body, format};;) {
        const auto event = splitter.next();
        if (!event) {
            return common::fail(event.error());
        }
        if (!*event) {
            return events;
        }
        events.push_back(**event);
    }
}

} // namespace agent

// A body is split into exactly those events that a JSON parser sees in it.

#include "agent/events/event_splitter.hpp"
#include "common/base/ascii.hpp"
#include "common/text/json.hpp"
#include "test/fuzz/target.hpp"

#include <nlohmann/json.hpp>

namespace {

using agent::BodyFormat;
using fuzz::require;
using nlohmann::json;

void require_in_order(std::string_view body, const std::vector<std::string_view>& events) {
    const auto* from = body.data();
    for (const auto event : events) {
        require(event.data() >= from && event.data() + event.size() <= body.data() + body.size(),
                "events are views into the body, in its order");
        require(!event.empty() && common::trim(event) == event, "without white space around them");
        from = event.data() + event.size();
    }
}

void split_json(std::string_view body) {
    const auto events = agent::split_events(body, BodyFormat::json);
    const auto whole = common::parse_json(body);
    if (events) {
        require_in_order(body, *events);
    }
    if (whole) {
        require(events.has_value(), "valid JSON is split");
        const auto wanted = whole->is_array() ? *whole : json::array({*whole});
        auto found = json::array();
        for (const auto event : *events) {
            const auto one = common::parse_json(event);
            require(one.has_value(), "the events of valid JSON are valid");
            found.push_back(*one);
        }
        require(found == wanted, "the events are the elements");
        return;
    }
    const bool too_deep = whole.error().message == common::depth_fault(); // by the list alone
    if (events && !too_deep) {
        bool all = true;
        for (const auto event : *events) {
            all = all && common::parse_json(event);
        }
        require(!all, "what is not JSON does not pass because it was split");
    }
}

void split_lines(std::string_view body) {
    std::vector<std::string_view> wanted;
    for (auto rest = body; !rest.empty();) {
        const auto line = rest.substr(0, rest.find('\n'));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
        if (const auto event = common::trim(line); !event.empty()) {
            wanted.push_back(event);
        }
    }
    const auto events = agent::split_events(body, BodyFormat::ndjson);
    require(events.has_value() != wanted.empty(), "only an empty body has no lines");
    require(!events || *events == wanted, "the events are the lines that are not blank");
}

const fuzz::Registered registered{{"event_splitter", [](std::string_view body) {
                                       split_json(body);
                                       split_lines(body);
                                   }}};

} // namespace

// An event is read from every JSON object, and its short text is read as the same event.

#include "agent/events/envelope.hpp"
#include "agent/events/event.hpp"
#include "agent/events/json_strings.hpp"
#include "agent/events/shortened_event.hpp"
#include "agent/events/unread_values.hpp"
#include "common/text/json.hpp"
#include "test/fuzz/target.hpp"

#include <nlohmann/json.hpp>

namespace {

using agent::Event;
using fuzz::require;
using nlohmann::json;

template <class Value> json shown(const std::optional<Value>& value) {
    return value ? json(*value) : json{};
}

json shown(const std::optional<agent::Id>& id) {
    return id ? json(id->text()) : json{};
}

json shown(const agent::Feature& feature) {
    return {shown(feature.name), shown(feature.confidence)};
}

json shown(const Event& event) {
    return {shown(event.id),          shown(event.type),
            shown(event.bs_type),     shown(event.camera),
            shown(event.card),        shown(event.matched),
            shown(event.confidence),  shown(event.yaw),
            shown(event.pitch),       shown(event.roll),
            shown(event.liveness),    shown(event.medmask),
            shown(event.orientation), shown(event.special_type),
            shown(event.plate),       shown(event.license_plate_visibility)};
}

bool has_long_string(std::string_view text) {
    return agent::with_cut_strings(text, agent::longest_string).has_value() ||
           text.size() > agent::longest_string;
}

/// The same event with so much around it that only an outline of it is kept.
std::string padded(std::string_view text) {
    const auto list =
        json(std::vector<std::string>(agent::longest_event / 16, std::string(16, 'x')));
    std::string whole{text.substr(0, text.find_last_of('}'))};
    whole += json::parse(text).empty() ? "" : ",";
    return whole += "\"padding\":" + list.dump() + "}";
}

void require_same_when_short(const std::string& text) {
    const auto event = agent::read_event(text);
    const auto small = agent::read_event(agent::shortened_event(text));
    require(event && small, "a short text of an event is an event");
    require(shown(*event) == shown(*small), "and it is the same event");
}

void read(std::string_view text) {
    const auto event = agent::read_event(text);
    const auto object = common::parse_json(text);
    const bool is_object = object && object->is_object();
    require(!event || is_object, "what is not a JSON object is not an event");
    if (!event) {
        const bool odd_id = is_object && object->value("id", json{}).is_string();
        require(!is_object || odd_id, "only a JSON object with a bad id is refused");
        return;
    }
    agent::envelope_hint(*event, text);
    for (const auto& [what, value] : agent::unread_values(text)) {
        require(!value.found.empty() && !value.why.empty(), "what was not read is explained");
    }
    require(agent::shortened_event(text).size() <= std::max(text.size(), agent::longest_event),
            "a short text is not longer");
    if (!has_long_string(text)) {
        require_same_when_short(std::string{text});
        const auto long_text = padded(text);
        require(agent::shortened_event(long_text).size() <= agent::longest_event,
                "an outline is short");
        require_same_when_short(long_text);
    }
}

void cut(std::string_view text) {
    if (common::forbidden_bytes(text)) {
        return;
    }
    const auto cut = agent::with_cut_strings(text, 8);
    require(!cut || json::accept(*cut) == json::accept(text),
            "a text with cut strings is JSON if and only if the text is");
}

const fuzz::Registered registered{{"event", [](std::string_view text) {
                                       read(text);
                                       cut(text);
                                   }}};

} // namespace

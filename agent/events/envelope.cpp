#include "agent/events/envelope.hpp"

#include "agent/events/event_places.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using nlohmann::json;

/// Beyond an id and a type, which envelopes have too.
bool says_something(const Event& event) {
    const auto is_there = [](const Feature& feature) { return feature.name || feature.confidence; };
    return event.camera || event.card || event.matched.value_or(false) || event.bs_type ||
           event.confidence || event.yaw || event.pitch || event.roll || event.liveness ||
           event.plate || is_there(event.medmask) || is_there(event.orientation) ||
           is_there(event.special_type) || is_there(event.license_plate_visibility);
}

bool is_own_key(std::string_view key) {
    constexpr std::string_view shared[] = {"id", "type", "object_type", "webhook_type"};
    return places::tree.find(places::top, key) != places::nowhere &&
           std::ranges::find(shared, key) == std::end(shared);
}

bool has_own_keys(const json& object) {
    if (!object.is_object()) {
        return false;
    }
    for (const auto& [key, value] : object.items()) {
        if (is_own_key(key)) {
            return true;
        }
    }
    return false;
}

bool is_usual_key(std::string_view key) {
    constexpr std::string_view usual[] = {"events",     "event",   "data",    "results",
                                          "result",     "items",   "payload", "body",
                                          "detections", "objects", "records", "messages"};
    return std::ranges::find(usual, key) != std::end(usual);
}

bool holds_events(std::string_view key, const json& value) {
    if (value.is_array()) {
        return is_usual_key(key) || std::ranges::any_of(value, has_own_keys);
    }
    return value.is_object() && (is_usual_key(key) || has_own_keys(value));
}

} // namespace

std::string envelope_hint(const Event& event, std::string_view text) {
    // A tree of the whole takes many times the text's bytes.
    constexpr std::size_t largest = std::size_t{256} * 1024;
    if (says_something(event) || text.size() > largest) {
        return {};
    }
    const auto whole = json::parse(text, nullptr, false);
    if (!whole.is_object() || has_own_keys(whole)) {
        return {};
    }
    for (const auto& [key, value] : whole.items()) {
        if (holds_events(key, value)) {
            const auto held = value.is_array() ? "a list of " + std::to_string(value.size())
                                               : std::string{"an object"};
            return "this looks like an envelope around events, not like an event: " +
                   common::shown(json(key)) + " holds " + held + "; send what is inside";
        }
    }
    return {};
}

} // namespace agent

#include "agent/events/shortened_event.hpp"

#include "agent/events/event.hpp"
#include "agent/events/json_strings.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using Json = nlohmann::ordered_json;

std::string left_out(std::size_t bytes) {
    return "(" + std::to_string(bytes) + " bytes left out)";
}

std::string without_long_strings(std::string_view json) {
    std::string text;
    std::size_t copied = 0;
    for (auto quote = json.find('"'); quote < json.size();) {
        const auto end = std::min(string_end(json, quote), json.size());
        if (const auto bytes = end - quote - 1; bytes > longest_string) {
            text += json.substr(copied, quote + 1 - copied);
            text += left_out(bytes);
            copied = end;
        }
        quote = json.find('"', end + 1);
    }
    text += json.substr(std::min(copied, json.size()));
    return text;
}

Json json_of(const Id& id) {
    // Negated as unsigned, for the smallest integer has no opposite.
    return id.negative ? Json(static_cast<std::int64_t>(0 - id.magnitude)) : Json(id.magnitude);
}

void put(Json& into, const char* key, const std::optional<Id>& id) {
    if (id) {
        into[key] = json_of(*id);
    }
}

void put(Json& into, const char* key, const std::optional<double>& number) {
    if (number) {
        into[key] = *number;
    }
}

void put(Json& into, const char* key, const std::optional<std::string>& text) {
    if (text) {
        into[key] = text->size() > longest_string ? left_out(text->size()) : *text;
    }
}

void put(Json& into, const char* key, const Feature& feature) {
    Json parts = Json::object();
    put(parts, "name", feature.name);
    put(parts, "confidence", feature.confidence);
    if (!parts.empty()) {
        into[key] = std::move(parts);
    }
}

std::string outline(const Event& event, std::size_t bytes) {
    Json outline = Json::object();
    put(outline, "id", event.id);
    put(outline, "type", event.type);
    put(outline, "bs_type", event.bs_type);
    put(outline, "camera", event.camera);
    put(outline, "matched_card", event.card);
    outline["matched"] = event.matched.value_or(false);
    put(outline, "confidence", event.confidence);
    put(outline, "headpose_yaw", event.yaw);
    put(outline, "headpose_pitch", event.pitch);
    put(outline, "headpose_roll", event.roll);
    put(outline, "liveness", event.liveness);
    put(outline, "medmask", event.medmask);
    put(outline, "orientation", event.orientation);
    put(outline, "special_type", event.special_type);
    put(outline, "license_plate_visibility", event.license_plate_visibility);
    put(outline, "license_plate_number", event.plate);
    outline["note"] = left_out(bytes);
    return common::text_of(outline);
}

} // namespace

std::string shortened_event(std::string_view json) {
    auto text = without_long_strings(json);
    if (text.size() > longest_event) {
        if (const auto event = read_event(text)) {
            text = outline(*event, json.size());
        }
    }
    return text;
}

} // namespace agent

#include "agent/events/event_likeness.hpp"

#include "agent/events/event_places.hpp"
#include "agent/events/event_splitter.hpp"
#include "common/base/ascii.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <vector>

namespace agent {

namespace {

using nlohmann::json;

} // namespace

std::optional<std::string> unlike_event(const json& object) {
    std::vector<std::string> found;
    for (const auto& [key, value] : object.items()) {
        if (places::tree.find(places::top, key) != places::nowhere) {
            return std::nullopt;
        }
        found.push_back(key);
    }
    return "it has none of an event's fields (type, camera, matched, confidence, ...), only " +
           (found.empty() ? "{}" : common::shown(json(common::joined(found, ", "))));
}

bool is_exported(const json& object) {
    constexpr std::array keys{"state", "webhook", "event_id", "attempts"};
    const auto has = [&](const char* key) { return object.contains(key); };
    return std::ranges::all_of(keys, has) && has("event") && object.at("event").is_object();
}

std::optional<std::string_view> exported_event(std::string_view delivery) {
    // The fields of an object stand like the elements of an array.
    std::string fields{delivery};
    if (fields.size() < 2) {
        return std::nullopt;
    }
    fields.front() = '[';
    fields.back() = ']';
    const auto parts = split_events(fields, BodyFormat::json);
    if (!parts) {
        return std::nullopt;
    }
    constexpr std::string_view name = "\"event\"";
    for (const auto part : *parts) {
        const auto after = common::trim(part.substr(std::min(name.size(), part.size())));
        if (part.starts_with(name) && after.starts_with(':')) {
            const auto value = common::trim(after.substr(1));
            return delivery.substr(static_cast<std::size_t>(value.data() - fields.data()),
                                   value.size());
        }
    }
    return std::nullopt;
}

} // namespace agent

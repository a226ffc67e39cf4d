#include "agent/webhooks/test_event.hpp"

#include <nlohmann/json.hpp>

namespace agent {

namespace {

using nlohmann::json;

constexpr std::string_view prefix = "ffl-test-";

/// The first value of a filter that is one or a list; null where there is none.
json first_of(const json& filters, const char* name) {
    const auto found = filters.find(name);
    if (found == filters.end() || (found->is_array() && found->empty())) {
        return nullptr;
    }
    return found->is_array() ? found->front() : *found;
}

} // namespace

std::string test_event_id(std::string_view uuid) {
    return std::string{prefix}.append(uuid);
}

bool is_test_event(std::string_view event_id) {
    return event_id.starts_with(prefix);
}

std::string sample_event(const Webhook& webhook, std::string_view uuid) {
    const auto definition = json::parse(webhook.definition, nullptr, false);
    const auto filters = definition.is_object() && definition.contains("filters") &&
                                 definition.at("filters").is_object()
                             ? definition.at("filters")
                             : json::object();
    // Another id than the event's own here: an agent that is the target accepts it.
    nlohmann::ordered_json event{
        {"id", std::string{"test-"}.append(uuid)}, {"test", true}, {"type", "face"}, {"camera", 1}};
    const auto copy = [&](const char* filter, const char* field) {
        if (const auto value = first_of(filters, filter); !value.is_null()) {
            event[field] = value;
        }
    };
    copy("type_in", "type");
    copy("camera_in", "camera");
    copy("card_in", "matched_card");
    copy("matched", "matched");
    for (const auto& [filter, type] : {std::pair{"license_plate_number", "car"},
                                       std::pair{"license_plate_event_number", "license_plate"}}) {
        if (!first_of(filters, filter).is_null()) {
            event["type"] = type;
            copy(filter, "license_plate_number");
        }
    }
    return event.dump(-1, ' ', false, json::error_handler_t::replace);
}

} // namespace agent

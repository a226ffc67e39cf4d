// Shows an event as one line of text, for the tables of the tests.
#pragma once

#include "agent/events/event.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <initializer_list>
#include <string>
#include <string_view>

namespace agent {

/// The fields that the event has: "type=face camera=5 matched=no".
inline std::string show(const Event& event) {
    std::string text;
    const auto add = [&](std::string_view name, const std::string& value) {
        text += (text.empty() ? "" : " ") + std::string{name} + "=" + value;
    };
    const auto add_if = [&](std::string_view name, const auto& value) {
        if (!value) {
            return;
        }
        if constexpr (requires { value->text(); }) {
            add(name, value->text());
        } else {
            const nlohmann::json json = *value;
            add(name, json.is_string() ? json.template get<std::string>() : json.dump());
        }
    };
    const auto add_feature = [&](std::string_view name, const Feature& value) {
        add_if(name, value.name);
        add_if(std::string{name} + "~", value.confidence);
    };
    add_if("id", event.id);
    add_if("type", event.type);
    add_if("bs_type", event.bs_type);
    add_if("camera", event.camera);
    add_if("card", event.card);
    add("matched", event.matched ? (*event.matched ? "yes" : "no") : "?");
    add_if("confidence", event.confidence);
    add_if("yaw", event.yaw);
    add_if("pitch", event.pitch);
    add_if("roll", event.roll);
    add_if("liveness", event.liveness);
    add_feature("medmask", event.medmask);
    add_feature("orientation", event.orientation);
    add_feature("special_type", event.special_type);
    add_feature("visibility", event.license_plate_visibility);
    add_if("plate", event.plate);
    return text;
}

inline std::string read_and_show(std::string_view json) {
    const auto event = read_event(json);
    return event ? show(*event) : "refused: " + event.error().message;
}

struct EventRow {
    std::string_view json;
    std::string_view shown;
};

inline void expect_shown(std::initializer_list<EventRow> rows) {
    for (const auto& [json, shown] : rows) {
        EXPECT_EQ(read_and_show(json), shown) << json;
    }
}

} // namespace agent

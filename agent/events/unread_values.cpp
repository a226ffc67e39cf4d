#include "agent/events/unread_values.hpp"

#include "agent/events/event_places.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <nlohmann/json.hpp>
#include <span>
#include <vector>

namespace agent {

namespace {

using nlohmann::json;
using places::at;
using places::cards;
using places::livenesses;
using places::medmasks;
using places::orientations;
using places::pitches;
using places::Place;
using places::plates;
using places::rolls;
using places::special_types;
using places::top;
using places::tree;
using places::visibilities;
using places::yaws;

/// How a value is written. `part`: the key under which it stands if there is an object.
struct Form {
    const char* part;
    const char* needed;
    bool (*readable)(const json&);
};

bool is_name(const json& value) {
    return value.is_string() && !value.get_ref<const std::string&>().empty();
}

constexpr Form text_form{"", "a string", is_name};
constexpr Form name_form{"name", "a string", is_name};
constexpr Form integer_form{"id", "an integer",
                            [](const json& value) { return value.is_number_integer(); }};
constexpr Form number_form{"", "a number", [](const json& value) { return value.is_number(); }};
constexpr Form angle_form{"name", "a number", number_form.readable};
constexpr Form confidence_form{"confidence", "a number", number_form.readable};
constexpr Form boolean_form{"", "true or false",
                            [](const json& value) { return value.is_boolean(); }};
constexpr Form liveness_form{"", R"(a number, or a name "real" or "fake" with a confidence,)",
                             number_form.readable};

struct Field {
    std::string noun;
    std::span<const Place> places;
    Form form;
};

constexpr std::array types{at("type"), at("object_type"), at("webhook_type")};
constexpr std::array bs_types{at("bs_type")};
constexpr std::array cameras{at("camera")};
constexpr std::array matcheds{at("matched")};
constexpr std::array confidences{at("confidence")};

const std::vector<Field>& fields() {
    static const std::vector<Field> all{
        {"type", types, text_form},
        {"bs_type", bs_types, text_form},
        {"camera", cameras, integer_form},
        {"matched card", cards, integer_form},
        {"matched", matcheds, boolean_form},
        {"confidence", confidences, number_form},
        {"headpose yaw", yaws, angle_form},
        {"headpose pitch", pitches, angle_form},
        {"headpose roll", rolls, angle_form},
        {"liveness", livenesses, liveness_form},
        {"medmask", medmasks, name_form},
        {"medmask confidence", medmasks, confidence_form},
        {"orientation", orientations, name_form},
        {"orientation confidence", orientations, confidence_form},
        {"special_type", special_types, name_form},
        {"special_type confidence", special_types, confidence_form},
        {"license_plate_visibility", visibilities, name_form},
        {"license_plate_visibility confidence", visibilities, confidence_form},
        {"license plate number", plates, name_form},
    };
    return all;
}

/// The keys that lead to a place.
std::vector<std::string> path_to(Place place) {
    std::vector<std::string> path;
    for (Place parent = top; parent != place;) {
        auto child = static_cast<Place>(parent + 1);
        while (tree.nodes[child].end <= place) {
            child = tree.nodes[child].end;
        }
        path.emplace_back(tree.nodes[child].key);
        parent = child;
    }
    return path;
}

/// The value at a path; null if there is none.
const json* value_at(const json& event, const std::vector<std::string>& path) {
    const auto* value = &event;
    for (const auto& key : path) {
        const auto next = value->is_object() ? value->find(key) : value->end();
        if (next == value->end()) {
            return nullptr;
        }
        value = &*next;
    }
    return value->is_null() ? nullptr : value;
}

std::string kind_for(const Form& form, const json& value) {
    if (value.is_number() && form.needed == integer_form.needed) {
        return "a number with a fraction, an exponent or too many digits";
    }
    if (value == "") {
        return "an empty string";
    }
    const bool lacks_part = value.is_object() && *form.part != '\0';
    return std::string{common::kind_of(value)} +
           (lacks_part ? std::string{" without "} + form.part : std::string{});
}

std::optional<UnreadValue> unread(const json& event, Place place, const Form& form) {
    auto path = path_to(place);
    const auto* value = value_at(event, path);
    if (value != nullptr && value->is_object() && *form.part != '\0' &&
        value->contains(form.part)) {
        path.emplace_back(form.part);
        value = value_at(event, path);
    }
    // A confidence stands only within an object; a bare name has none.
    const bool bare =
        value != nullptr && form.part == confidence_form.part && path.back() != form.part;
    if (value == nullptr || bare || form.readable(*value)) {
        return {};
    }
    const auto where = path.size() == 1 ? std::string{} : " in " + common::joined(path, ".");
    return UnreadValue{common::text_of(*value),
                       kind_for(form, *value) + where + "; " + form.needed + " is needed"};
}

} // namespace

UnreadValues unread_values(std::string_view event_text) {
    // A tree of the whole takes many times the text's bytes, and nobody reads such an explanation.
    constexpr std::size_t largest = std::size_t{256} * 1024;
    UnreadValues all;
    if (event_text.size() > largest) {
        return all;
    }
    const auto event = json::parse(event_text, nullptr, false);
    for (const auto& [noun, places, form] : fields()) {
        for (const auto place : places) {
            auto one = unread(event, place, form);
            // What is written and wrong says more than what was left empty.
            if (one && (!all.contains(noun) || all[noun].found == R"("")")) {
                all.insert_or_assign(noun, std::move(*one));
                if (all[noun].found != R"("")") {
                    break;
                }
            }
        }
    }
    return all;
}

} // namespace agent

#include "test/support/plain_filters.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace test {

namespace {

using nlohmann::json;
using Read = std::function<json(const json&)>; // null: no value

const json nothing;

/// The value that `read` finds at the first of `places` that has one.
json first_of(const json& event, const std::vector<std::string>& places, const Read& read) {
    for (const auto& place : places) {
        const json::json_pointer pointer{place};
        if (event.contains(pointer)) {
            if (auto value = read(event.at(pointer)); !value.is_null()) {
                return value;
            }
        }
    }
    return nothing;
}

std::vector<std::string> feature_places(const std::string& name) {
    return {"/features/" + name, "/" + name};
}

json a_text(const json& value) {
    return value.is_string() && value != "" ? value : nothing;
}

json a_number(const json& value) {
    return value.is_number() ? value : nothing;
}

json an_id(const json& value) {
    if (value.is_object()) {
        return value.contains("id") && value["id"].is_number_integer() ? value["id"] : nothing;
    }
    return value.is_number_integer() ? value : nothing;
}

json an_angle(const json& value) {
    return a_number(value.is_object() && value.contains("name") ? value["name"] : value);
}

/// 1 - value by its decimals, if there are at most 15.
double complement(double value) {
    std::array<char, 32> text{};
    const auto decimals = [&](double number) {
        std::snprintf(text.data(), text.size(), "%.15f", number);
        return std::strtod(text.data(), nullptr);
    };
    return value >= 0 && value <= 1 && decimals(value) == value ? decimals(1 - value) : 1 - value;
}

json a_liveness(const json& value) {
    if (value.is_object() && value.contains("confidence") && value["confidence"].is_number()) {
        const auto name = value.value("name", json{});
        if (name == "real") {
            return value["confidence"];
        }
        if (name == "fake") {
            return complement(value["confidence"].get<double>());
        }
        return nothing;
    }
    return a_number(value);
}

/// An object with `name`, `confidence` or both.
json a_feature(const json& value) {
    if (value.is_string()) {
        return value == "" ? nothing : json{{"name", value}};
    }
    if (!value.is_object() || (value.contains("name") && a_text(value["name"]).is_null())) {
        return nothing;
    }
    json parts = json::object();
    if (value.contains("name")) {
        parts["name"] = value["name"];
    }
    if (value.contains("confidence") && value["confidence"].is_number()) {
        parts["confidence"] = value["confidence"];
    }
    return parts.empty() ? nothing : parts;
}

json type_of(const json& event) {
    const auto type = first_of(event, {"/type", "/object_type"}, a_text);
    if (!type.is_null()) {
        return type;
    }
    auto text = first_of(event, {"/webhook_type"}, a_text);
    if (text.is_string()) {
        const auto name = text.get<std::string>();
        const auto cut = name.rfind("_events");
        text =
            cut != std::string::npos && cut + 7 == name.size() ? a_text(name.substr(0, cut)) : text;
    }
    return text;
}

json card_of(const json& event) {
    return first_of(event, {"/matched_card", "/matched_dossier"}, an_id);
}

/// Whatever is there, readable or not.
bool has_card(const json& event) {
    const auto is_one = [&](const char* key) {
        const json value = event.value(key, nothing);
        return !(value.is_null() || value == false || value == "" || value == json::object() ||
                 value == json::array());
    };
    return is_one("matched_card") || is_one("matched_dossier");
}

bool matched(const json& event) {
    return event.contains("matched") && event["matched"].is_boolean() ? event["matched"].get<bool>()
                                                                      : has_card(event);
}

json angle_of(const json& event, const std::string& name) {
    return first_of(event,
                    {"/features/headpose/" + name, "/headpose/" + name,
                     "/features/headpose_" + name, "/headpose_" + name},
                    an_angle);
}

json plate_of(const json& event) {
    const auto named = [](const json& value) { return a_feature(value).value("name", json{}); };
    return first_of(event, feature_places("license_plate_number"), [&](const json& value) {
        return a_feature(value).is_null() ? nothing : named(value);
    });
}

/// Compares values as text: ids by their digits.
bool one_of(const json& wanted, const json& found) {
    if (found.is_null()) {
        return false;
    }
    for (const auto& one : wanted.is_array() ? wanted : json::array({wanted})) {
        if (one.dump() == found.dump()) {
            return true;
        }
    }
    return false;
}

bool at_least(const json& wanted, const json& found) {
    return found.is_number() && found.get<double>() >= wanted.get<double>();
}

bool at_most(const json& wanted, const json& found) {
    return found.is_number() && found.get<double>() <= wanted.get<double>();
}

bool feature_holds(const json& wanted, const json& found) {
    const auto part = [&](const char* key) {
        return found.is_object() ? found.value(key, json{}) : nothing;
    };
    bool holds = true;
    for (const auto& [key, value] : wanted.items()) {
        if (value.is_null()) {
            continue;
        }
        if (key == "name") {
            holds = holds && one_of(value, part("name"));
        } else if (key == "confidence_gte") {
            holds = holds && at_least(value, part("confidence"));
        } else {
            holds = holds && at_most(value, part("confidence"));
        }
    }
    return holds;
}

using Rule = std::function<bool(const json& wanted, const json& event)>;

std::map<std::string, Rule> make_rules() {
    std::map<std::string, Rule> rules{
        {"type_in",
         [](const json& wanted, const json& event) { return one_of(wanted, type_of(event)); }},
        {"camera_in",
         [](const json& wanted, const json& event) {
             return one_of(wanted, first_of(event, {"/camera"}, an_id));
         }},
        {"card_in",
         [](const json& wanted, const json& event) { return one_of(wanted, card_of(event)); }},
        {"matched", [](const json& wanted, const json& event) { return wanted == matched(event); }},
        {"bs_type_in",
         [](const json& wanted, const json& event) {
             return one_of(wanted, first_of(event, {"/bs_type"}, a_text));
         }},
        {"license_plate_number",
         [](const json& wanted, const json& event) {
             return type_of(event) == "car" && plate_of(event) == wanted;
         }},
        {"license_plate_event_number",
         [](const json& wanted, const json& event) {
             return type_of(event) == "license_plate" && plate_of(event) == wanted;
         }},
    };
    const auto add_bounds = [&](const std::string& name, const Read& value) {
        rules[name + "_gte"] = [value](const json& wanted, const json& event) {
            return at_least(wanted, value(event));
        };
        rules[name + "_lte"] = [value](const json& wanted, const json& event) {
            return at_most(wanted, value(event));
        };
    };
    add_bounds("confidence",
               [](const json& event) { return first_of(event, {"/confidence"}, a_number); });
    add_bounds("liveness", [](const json& event) {
        return first_of(event, feature_places("liveness"), a_liveness);
    });
    for (const std::string name : {"yaw", "pitch", "roll"}) {
        add_bounds(name, [name](const json& event) { return angle_of(event, name); });
    }
    for (const std::string name : {"medmask", "orientation", "license_plate_visibility"}) {
        rules[name] = [name](const json& wanted, const json& event) {
            return feature_holds(wanted, first_of(event, feature_places(name), a_feature));
        };
    }
    rules["special_type"] = [](const json& wanted, const json& event) {
        const std::vector<std::string> places{"/features/special_type", "/special_type",
                                              "/features/special_vehicle_type",
                                              "/special_vehicle_type"};
        return feature_holds(wanted, first_of(event, places, a_feature));
    };
    return rules;
}

const std::map<std::string, Rule>& rules() {
    static const auto all = make_rules();
    return all;
}

} // namespace

std::vector<std::string> plain_filter_names() {
    std::vector<std::string> names;
    for (const auto& [name, rule] : rules()) {
        names.push_back(name);
    }
    return names;
}

bool plain_matches(const json& filters, const json& event) {
    for (const auto& [key, wanted] : filters.items()) {
        if (!wanted.is_null() && !rules().at(key)(wanted, event)) {
            return false;
        }
    }
    return true;
}

} // namespace test

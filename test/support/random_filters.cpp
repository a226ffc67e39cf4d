#include "test/support/random_filters.hpp"

#include <algorithm>
#include <utility>

namespace test {

namespace {

using nlohmann::json;
using Texts = RandomFilters::Texts;

// Few values, so that filters often match, and those at the edges.
const Texts ids{"0",
                "1",
                "2",
                "-1",
                "9007199254740992",
                "9007199254740993",
                "9223372036854775807",
                "9223372036854775808",
                "18446744073709551615",
                "-9223372036854775808"};
const Texts ratios{"0", "0.25", "0.4999999999999999", "0.5", "5e-1", "0.75", "1", "1.0"};
const Texts angles{"-90", "-4.2", "-4.2000001", "0", "-0.0", "3.4999", "3.5", "35e-1"};
const Texts types{R"("face")", R"("car")", R"("license_plate")"};
const Texts bs_types{R"("overall")", R"("realtime")"};
const Texts plates{R"("A1")", R"("a1")", R"("А1")", R"("\u0410\u0031")", R"("A1 ")"};
const std::map<std::string, Texts> features_made{
    {"medmask", {R"("none")", R"("correct")", R"("incorrect")"}},
    {"orientation", {R"("back")", R"("side")", R"("front")"}},
    {"special_type", {R"("not_special")", R"("taxi")", R"("police")"}},
    {"license_plate_visibility", {R"("invisible")", R"("fully_visible")"}},
};

const Texts filters_made{"type_in",
                         "camera_in",
                         "card_in",
                         "matched",
                         "bs_type_in",
                         "confidence_gte",
                         "confidence_lte",
                         "yaw_gte",
                         "yaw_lte",
                         "pitch_gte",
                         "pitch_lte",
                         "roll_gte",
                         "roll_lte",
                         "liveness_gte",
                         "liveness_lte",
                         "medmask",
                         "orientation",
                         "special_type",
                         "license_plate_visibility",
                         "license_plate_number",
                         "license_plate_event_number"};

} // namespace

const Texts& RandomFilters::filter_names() {
    return filters_made;
}

const std::map<std::string, Texts>& RandomFilters::feature_names() {
    return features_made;
}

std::string RandomFilters::event() {
    Texts top;
    Texts features;
    add(top, {"type", "object_type"}, types);
    if (chance(20)) {
        top.push_back(R"("webhook_type":)" +
                      one_of({R"("face_events")", R"("car_events")", R"("license_plate_events")",
                              R"("car")", "7"}));
    }
    add(top, {"bs_type"}, bs_types);
    if (chance(80)) {
        top.push_back(R"("camera":)" + id());
    }
    if (chance(60)) {
        top.push_back(one_of({R"("matched_card":)", R"("matched_dossier":)"}) + id());
    }
    add(top, {"matched"}, {"true", "false"});
    add(top, {"confidence"}, ratios);
    for (const std::string angle : {"yaw", "pitch", "roll"}) {
        if (chance(70)) {
            (chance(50) ? top : features)
                .push_back("\"headpose_" + angle + "\":" + odd(named(one_of(angles))));
        }
    }
    for (auto* place : {&top, &features}) {
        if (chance(50)) {
            place->push_back(R"("headpose":)" + headpose());
        }
        if (chance(50)) {
            place->push_back(R"("liveness":)" + liveness());
        }
        for (const auto& [name, values] : feature_names()) {
            if (chance(50)) {
                place->push_back("\"" + name + "\":" + feature(values));
            }
        }
        if (chance(30)) {
            place->push_back(R"("special_vehicle_type":)" +
                             feature(feature_names().at("special_type")));
        }
        if (chance(50)) {
            place->push_back(R"("license_plate_number":)" + feature(plates));
        }
    }
    top.push_back(R"("features":)" + odd(object(features)));
    if (chance(5)) {
        top.push_back(R"("features":)" +
                      odd(object({R"("medmask":)" + feature(feature_names().at("medmask"))})));
    }
    return object(top);
}

json RandomFilters::filters() {
    json all = json::object();
    const auto how_many = std::vector<unsigned>{0, 1, 1, 1, 2, 2, 3, 6}[below(8)];
    for (unsigned i = 0; i < how_many; ++i) {
        add_filter(all);
    }
    return all;
}

std::string RandomFilters::object(Texts members) {
    std::ranges::shuffle(members, random_);
    if (!members.empty() && chance(10)) {
        members.push_back(members[below(members.size())]);
    }
    std::string text;
    for (const auto& member : members) {
        text += (text.empty() ? "" : ",") + member;
    }
    return "{" + text + "}";
}

/// Sometimes a value of the wrong kind instead.
std::string RandomFilters::odd(std::string text) {
    static const Texts strange{"null",
                               R"("")",
                               "true",
                               "7",
                               R"("5")",
                               "[]",
                               "{}",
                               "[1,2]",
                               R"({"name":""})",
                               R"({"id":null})",
                               "1.5",
                               R"({"name":null})",
                               "1e2",
                               R"({"name":"","confidence":0})",
                               "[[1],[2]]",
                               R"(["face"])",
                               R"({"id":[1]})",
                               R"({"name":["A1"]})"};
    return chance(12) ? one_of(strange) : text;
}

void RandomFilters::add(Texts& members, const Texts& keys, const Texts& values) {
    for (const auto& key : keys) {
        if (chance(75)) {
            members.push_back("\"" + key + "\":" + odd(one_of(values)));
        }
    }
    if (chance(5)) {
        members.push_back("\"" + keys.front() + "\":" + odd(one_of(values)));
    }
}

std::string RandomFilters::id() {
    auto text = one_of(ids);
    if (chance(5)) {
        text =
            one_of({"1.0", "1e0", "18446744073709551616", "-9223372036854775809", R"("1")", "-0"});
    }
    return odd(chance(30) ? object({R"("id":)" + text, R"("name":"x")"}) : text);
}

std::string RandomFilters::named(const std::string& value) {
    return chance(30) ? object({R"("name":)" + value, R"("confidence":)" + odd(one_of(ratios))})
                      : value;
}

std::string RandomFilters::headpose() {
    Texts members;
    for (const std::string angle : {"yaw", "pitch", "roll"}) {
        if (chance(60)) {
            members.push_back("\"" + angle + "\":" + odd(named(one_of(angles))));
        }
    }
    return odd(object(members));
}

std::string RandomFilters::liveness() {
    const auto name = one_of({R"("real")", R"("fake")", R"("unknown")", R"("")"});
    return odd(chance(50)
                   ? one_of(ratios)
                   : object({R"("name":)" + name, R"("confidence":)" + odd(one_of(ratios))}));
}

std::string RandomFilters::feature(const Texts& names) {
    Texts parts;
    if (chance(90)) {
        parts.push_back(R"("name":)" + odd(one_of(names)));
    }
    if (chance(80)) {
        parts.push_back(R"("confidence":)" + odd(one_of(ratios)));
    }
    return odd(chance(30) ? one_of(names) : object(parts));
}

json RandomFilters::one_or_list(const Texts& values) {
    if (chance(30)) {
        return value(values);
    }
    auto list = json::array();
    for (auto left = below(values.size() + 1); left > 0; --left) {
        list.push_back(value(values));
    }
    return list;
}

void RandomFilters::add_filter(json& all) {
    const auto& key = one_of(filter_names());
    if (chance(3)) {
        all[key] = nullptr;
    } else if (key == "type_in") {
        all[key] = one_or_list(types);
    } else if (key == "bs_type_in") {
        all[key] = one_or_list(bs_types);
    } else if (key == "camera_in" || key == "card_in") {
        all[key] = one_or_list(ids);
    } else if (key == "matched") {
        all[key] = chance(50);
    } else if (key.starts_with("confidence") || key.starts_with("liveness")) {
        all[key] = value(ratios);
    } else if (key.starts_with("yaw") || key.starts_with("pitch") || key.starts_with("roll")) {
        all[key] = value(angles);
    } else if (key.ends_with("number")) {
        all[key] = chance(2) ? json("") : value(plates);
    } else {
        all[key] = feature_filter(feature_names().at(key));
    }
}

json RandomFilters::feature_filter(const Texts& names) {
    json parts = json::object();
    if (chance(60)) {
        parts["name"] = one_or_list(names);
    }
    if (chance(40)) {
        parts["confidence_gte"] = value(ratios);
    }
    if (chance(40)) {
        parts["confidence_lte"] = value(ratios);
    }
    if (chance(5)) {
        parts["name"] = nullptr;
    }
    return parts;
}

} // namespace test

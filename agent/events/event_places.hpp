// EventPlaces: the places of an event that are read, as a tree in preorder: a place's subtree is
// the range up to its `end`. Everything elsewhere in an event is ignored. Pure; built at compile
// time. Internal to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string_view>

namespace agent::places {

using Place = std::uint8_t;

struct Node {
    std::string_view key;
    Place end = 0;
};

struct Tree {
    std::array<Node, 90> nodes{};
    Place size = 0;

    constexpr Place open(std::string_view key) {
        nodes.at(size).key = key;
        return size++;
    }
    constexpr void close(Place place) { nodes.at(place).end = size; }
    constexpr void add(std::string_view key, std::initializer_list<std::string_view> inside = {}) {
        const auto place = open(key);
        for (const auto part : inside) {
            add(part);
        }
        close(place);
    }
    /// These are in `features` or, with some producers, at the top level.
    constexpr void add_features() {
        const auto headpose = open("headpose");
        for (const auto* angle : {"yaw", "pitch", "roll"}) {
            add(angle, {"name"});
        }
        close(headpose);
        for (const auto* angle : {"headpose_yaw", "headpose_pitch", "headpose_roll"}) {
            add(angle, {"name"});
        }
        for (const auto* feature :
             {"liveness", "medmask", "orientation", "special_type", "special_vehicle_type",
              "license_plate_visibility", "license_plate_number"}) {
            add(feature, {"name", "confidence"});
        }
    }

    [[nodiscard]] constexpr Place find(Place parent, std::string_view key) const {
        for (auto child = static_cast<Place>(parent + 1); child < nodes[parent].end;
             child = nodes[child].end) {
            if (nodes[child].key == key) {
                return child;
            }
        }
        return size;
    }
};

constexpr Tree make_tree() {
    Tree tree;
    const auto event = tree.open("");
    for (const auto* key :
         {"id", "type", "object_type", "webhook_type", "bs_type", "matched", "confidence"}) {
        tree.add(key);
    }
    for (const auto* key : {"camera", "matched_card", "matched_dossier"}) {
        tree.add(key, {"id"});
    }
    const auto features = tree.open("features");
    tree.add_features();
    tree.close(features);
    tree.add_features();
    tree.close(event);
    return tree;
}

inline constexpr Tree tree = make_tree();
inline constexpr Place top = 0;
inline constexpr Place nowhere = tree.size;

/// The place with this key. A key that is not in the tree does not compile.
consteval Place at(std::string_view key, Place parent = top) {
    const auto place = tree.find(parent, key);
    if (place == nowhere) {
        throw "no such place";
    }
    return place;
}

inline constexpr Place features = at("features");

/// In `features`, else at the top level.
consteval std::array<Place, 2> either(std::string_view key) {
    return {at(key, features), at(key)};
}
consteval std::array<Place, 4> angle_places(std::string_view key, std::string_view flat_key) {
    return {at(key, at("headpose", features)), at(key, at("headpose")), at(flat_key, features),
            at(flat_key)};
}

/// The places of one value, in the order in which they are tried.
inline constexpr std::array cards{at("matched_card"), at("matched_dossier")};
inline constexpr auto yaws = angle_places("yaw", "headpose_yaw");
inline constexpr auto pitches = angle_places("pitch", "headpose_pitch");
inline constexpr auto rolls = angle_places("roll", "headpose_roll");
inline constexpr auto livenesses = either("liveness");
inline constexpr auto medmasks = either("medmask");
inline constexpr auto orientations = either("orientation");
inline constexpr std::array special_types{at("special_type", features), at("special_type"),
                                          at("special_vehicle_type", features),
                                          at("special_vehicle_type")};
inline constexpr auto visibilities = either("license_plate_visibility");
inline constexpr auto plates = either("license_plate_number");

} // namespace agent::places

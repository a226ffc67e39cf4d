#include "agent/events/event.hpp"

#include "agent/events/event_slots.hpp"
#include "common/base/ascii.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace agent {

namespace {

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
using places::tree;
using places::visibilities;
using places::yaws;

using Kind = Slot::Kind;

std::optional<std::string> text(const Slot& slot) {
    return slot.kind == Kind::text && !slot.text.empty() ? std::optional{slot.text} : std::nullopt;
}

std::optional<double> number(const Slot& slot) {
    return slot.kind == Kind::integer || slot.kind == Kind::number ? std::optional{slot.number}
                                                                   : std::nullopt;
}

std::optional<Id> integer(const Slot& slot) {
    return slot.kind == Kind::integer ? std::optional{Id{slot.negative, slot.magnitude}}
                                      : std::nullopt;
}

const Slot& part(const EventSlots& read, Place place, std::string_view key) {
    return read[tree.find(place, key)];
}

std::optional<Id> reference(const EventSlots& read, Place place) {
    return read[place].kind == Kind::object ? integer(part(read, place, "id"))
                                            : integer(read[place]);
}

std::optional<double> angle(const EventSlots& read, Place place) {
    return read[place].kind == Kind::object ? number(part(read, place, "name"))
                                            : number(read[place]);
}

/// 1 - value in decimal arithmetic, as the producer wrote it: 1 - 0.9 must pass liveness_gte 0.1,
/// but as doubles the difference is less than 0.1.
double complement(double value) {
    constexpr double unit = 1e15; // so many decimals are exact as a whole double
    const double units = std::round(value * unit);
    return units / unit == value ? (unit - units) / unit : 1 - value;
}

std::optional<double> liveness(const EventSlots& read, Place place) {
    if (read[place].kind != Kind::object) {
        return number(read[place]);
    }
    const auto name = text(part(read, place, "name"));
    const auto confidence = number(part(read, place, "confidence"));
    if (!confidence || (name != "real" && name != "fake")) {
        return {};
    }
    return name == "real" ? *confidence : complement(*confidence);
}

std::optional<Feature> feature(const EventSlots& read, Place place) {
    if (read[place].kind != Kind::object) {
        const auto name = text(read[place]);
        return name ? std::optional{Feature{name, {}}} : std::nullopt;
    }
    const auto& name = part(read, place, "name");
    Feature feature{text(name), number(part(read, place, "confidence"))};
    // An empty name means "not computed"; then the confidence means nothing either.
    const bool not_computed = name.kind != Kind::absent && !feature.name;
    if (not_computed || (!feature.name && !feature.confidence)) {
        return {};
    }
    return feature;
}

std::optional<std::string> plate(const EventSlots& read, Place place) {
    const auto found = feature(read, place);
    return found ? found->name : std::nullopt;
}

/// The value from the first place that has one.
template <class Value>
std::optional<Value> first(const EventSlots& read,
                           std::optional<Value> (*value_at)(const EventSlots&, Place),
                           std::span<const Place> places) {
    for (const auto place : places) {
        if (auto value = value_at(read, place)) {
            return value;
        }
    }
    return {};
}

std::optional<std::string> type_of(const EventSlots& read) {
    for (const auto place : {at("type"), at("object_type")}) {
        if (auto type = text(read[place])) {
            return type;
        }
    }
    constexpr std::string_view suffix = "_events";
    auto type = text(read[at("webhook_type")]);
    if (type && type->ends_with(suffix)) {
        type->resize(type->size() - suffix.size());
    }
    return type && !type->empty() ? type : std::nullopt;
}

/// A card that cannot be read is a card too: whoever it is, somebody was recognised.
bool has_card(const EventSlots& read) {
    return std::ranges::any_of(cards, [&](Place place) {
        const auto& slot = read[place];
        switch (slot.kind) {
        case Kind::absent:
        case Kind::null:
            return false;
        case Kind::boolean:
            return slot.boolean;
        case Kind::text:
            return !slot.text.empty();
        case Kind::object:
        case Kind::list:
            return slot.filled;
        default:
            return true;
        }
    });
}

bool has_control_character(std::string_view text) {
    for (; !text.empty(); text.remove_prefix(1)) {
        const auto byte = static_cast<unsigned char>(text.front());
        if (byte < 0x20 || byte == 0x7F || common::begins_with_c1(text)) {
            return true;
        }
    }
    return false;
}

common::Result<std::optional<std::string>> id_of(const Slot& slot) {
    constexpr std::size_t longest = 256;
    switch (slot.kind) {
    case Kind::integer:
        return Id{slot.negative, slot.magnitude}.text();
    case Kind::text:
        if (slot.text.size() > longest) {
            return common::fail(common::Fault::input, "id has " + std::to_string(slot.text.size()) +
                                                          " bytes: expected at most " +
                                                          std::to_string(longest));
        }
        if (has_control_character(slot.text)) {
            return common::fail(common::Fault::input,
                                "id contains a control character: expected a string without any");
        }
        return text(slot);
    default:
        return std::nullopt; // absent, null or of a wrong type: the event lacks it
    }
}

} // namespace

std::string Id::text() const {
    return (negative ? "-" : "") + std::to_string(magnitude);
}

common::Result<Event> read_event(std::string_view text_of_event) {
    EventSlots read;
    if (auto parsed = read_slots(text_of_event, read); !parsed) {
        return common::fail(std::move(parsed.error()));
    }
    auto id = id_of(read[at("id")]);
    if (!id) {
        return common::fail(std::move(id.error()));
    }

    Event event;
    event.id = std::move(*id);
    event.type = type_of(read);
    event.bs_type = text(read[at("bs_type")]);
    event.camera = reference(read, at("camera"));
    event.card = first(read, reference, cards);
    const auto& matched = read[at("matched")];
    event.matched = matched.kind == Kind::boolean ? matched.boolean : has_card(read);
    event.confidence = number(read[at("confidence")]);

    event.yaw = first(read, angle, yaws);
    event.pitch = first(read, angle, pitches);
    event.roll = first(read, angle, rolls);
    event.liveness = first(read, liveness, livenesses);
    const auto feature_at = [&](std::span<const Place> places) {
        return first(read, feature, places).value_or(Feature{});
    };
    event.medmask = feature_at(medmasks);
    event.orientation = feature_at(orientations);
    event.special_type = feature_at(special_types);
    event.license_plate_visibility = feature_at(visibilities);
    event.plate = first(read, plate, plates);
    return event;
}

} // namespace agent

#include "agent/events/event.hpp"

#include "agent/events/event_places.hpp"
#include "common/base/ascii.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <utility>

namespace agent {

namespace {

using namespace places;
using nlohmann::json;

/// The value at one place of the event.
struct Slot {
    enum class Kind : std::uint8_t {
        absent,
        null,
        boolean,
        integer,
        number,
        text,
        object,
        list
    } kind = Kind::absent;
    bool boolean = false;
    Id id;
    double number = 0;
    std::string text;
};
using Kind = Slot::Kind;

std::string_view name_of(Kind kind) {
    switch (kind) {
    case Kind::boolean:
        return "a boolean";
    case Kind::integer:
    case Kind::number:
        return "a number";
    case Kind::text:
        return "a string";
    case Kind::object:
        return "an object";
    case Kind::list:
        return "a list";
    default:
        return "null";
    }
}

/// A SAX handler that puts what the parser reads into the slots of the known places.
class EventReader {
  public:
    bool null() { return put(Kind::null); }
    bool boolean(bool value) {
        next().boolean = value;
        return put(Kind::boolean);
    }
    bool number_integer(std::int64_t value) {
        // Negated as unsigned, which is right for the smallest integer too.
        const auto bits = static_cast<std::uint64_t>(value);
        return integer(value < 0 ? Id{true, 0 - bits} : Id{false, bits},
                       static_cast<double>(value));
    }
    bool number_unsigned(std::uint64_t value) {
        return integer(Id{false, value}, static_cast<double>(value));
    }
    bool number_float(double value, const std::string&) {
        next().number = value;
        return put(Kind::number);
    }
    bool string(std::string& value) {
        if (next_ != nowhere) {
            next().text = value;
        }
        return put(Kind::text);
    }
    bool binary(json::binary_t&) { return false; }
    bool key(const std::string& name) {
        const auto inside = open_[depth_ - 1];
        next_ = inside == nowhere ? nowhere : tree.find(inside, name);
        if (next_ != nowhere) {
            // Of equal keys only the last one counts, with everything inside it.
            std::fill(slots_.begin() + next_, slots_.begin() + tree.nodes[next_].end, Slot{});
        }
        return true;
    }
    bool start_object(std::size_t) { return put(Kind::object) && enter(next_); }
    bool start_array(std::size_t) { return put(Kind::list) && enter(nowhere); }
    bool end_object() { return leave(); }
    bool end_array() { return leave(); }
    bool parse_error(std::size_t byte, const std::string&, const json::exception& why) {
        return refuse(common::json_fault(byte, why));
    }

    [[nodiscard]] const Slot& operator[](Place place) const { return slots_[place]; }
    std::string fault;

  private:
    Slot& next() { return slots_[next_]; }
    bool integer(Id id, double number) {
        next().id = id;
        next().number = number;
        return put(Kind::integer);
    }
    bool put(Kind kind) {
        if (depth_ == 0 && kind != Kind::object) {
            return refuse("the event is " + std::string{name_of(kind)} +
                          ": expected a JSON object");
        }
        next().kind = kind;
        return true;
    }
    bool enter(Place inside) {
        if (depth_ == common::max_depth) {
            return refuse(common::depth_fault());
        }
        open_[depth_++] = inside;
        next_ = nowhere;
        return true;
    }
    bool leave() {
        --depth_;
        next_ = nowhere;
        return true;
    }
    bool refuse(std::string why) {
        fault = std::move(why);
        return false;
    }

    std::array<Slot, std::size_t{nowhere} + 1> slots_; // the last one is for ignored values
    std::array<Place, common::max_depth> open_{};      // the objects and lists around the position
    std::size_t depth_ = 0;
    Place next_ = top; // of the next value
};

std::optional<std::string> text(const Slot& slot) {
    return slot.kind == Kind::text && !slot.text.empty() ? std::optional{slot.text} : std::nullopt;
}

std::optional<double> number(const Slot& slot) {
    return slot.kind == Kind::integer || slot.kind == Kind::number ? std::optional{slot.number}
                                                                   : std::nullopt;
}

std::optional<Id> integer(const Slot& slot) {
    return slot.kind == Kind::integer ? std::optional{slot.id} : std::nullopt;
}

const Slot& part(const EventReader& read, Place place, std::string_view key) {
    return read[tree.find(place, key)];
}

std::optional<Id> reference(const EventReader& read, Place place) {
    return read[place].kind == Kind::object ? integer(part(read, place, "id"))
                                            : integer(read[place]);
}

std::optional<double> angle(const EventReader& read, Place place) {
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

std::optional<double> liveness(const EventReader& read, Place place) {
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

std::optional<Feature> feature(const EventReader& read, Place place) {
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

std::optional<std::string> plate(const EventReader& read, Place place) {
    const auto found = feature(read, place);
    return found ? found->name : std::nullopt;
}

/// The value from the first place that has one.
template <class Value>
std::optional<Value> first(const EventReader& read,
                           std::optional<Value> (*value_at)(const EventReader&, Place),
                           std::initializer_list<Place> places) {
    for (const auto place : places) {
        if (auto value = value_at(read, place)) {
            return value;
        }
    }
    return {};
}

std::optional<std::string> type_of(const EventReader& read) {
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
        return slot.id.text();
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
    if (auto fault = common::forbidden_bytes(text_of_event)) {
        return common::fail(common::Fault::input, std::move(*fault));
    }
    EventReader read;
    if (!json::sax_parse(text_of_event.begin(), text_of_event.end(), &read)) {
        return common::fail(common::Fault::input, std::move(read.fault));
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
    event.card = first(read, reference, {at("matched_card"), at("matched_dossier")});
    const auto& matched = read[at("matched")];
    event.matched = matched.kind == Kind::boolean ? matched.boolean : event.card.has_value();
    event.confidence = number(read[at("confidence")]);

    constexpr auto head = at("headpose", features);
    constexpr auto top_head = at("headpose");
    event.yaw = first(
        read, angle,
        {at("yaw", head), at("yaw", top_head), at("headpose_yaw", features), at("headpose_yaw")});
    event.pitch = first(read, angle,
                        {at("pitch", head), at("pitch", top_head), at("headpose_pitch", features),
                         at("headpose_pitch")});
    event.roll = first(read, angle,
                       {at("roll", head), at("roll", top_head), at("headpose_roll", features),
                        at("headpose_roll")});

    event.liveness = first(read, liveness, {at("liveness", features), at("liveness")});
    const auto feature_at = [&](std::initializer_list<Place> places) {
        return first(read, feature, places).value_or(Feature{});
    };
    event.medmask = feature_at({at("medmask", features), at("medmask")});
    event.orientation = feature_at({at("orientation", features), at("orientation")});
    event.special_type =
        feature_at({at("special_type", features), at("special_type"),
                    at("special_vehicle_type", features), at("special_vehicle_type")});
    event.license_plate_visibility =
        feature_at({at("license_plate_visibility", features), at("license_plate_visibility")});
    event.plate =
        first(read, plate, {at("license_plate_number", features), at("license_plate_number")});
    return event;
}

} // namespace agent

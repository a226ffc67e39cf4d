#include "agent/events/event.hpp"
#include "agent/events/event_places.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <utility>

namespace agent {

namespace {

using namespace places;
using nlohmann::json;

/// What stands at one place.
struct Found {
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
    bool yes = false;
    Id id;
    double number = 0;
    std::string text;
};
using Kind = Found::Kind;

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

/// Takes what the parser reads to its place.
class Reader {
  public:
    bool null() { return put(Kind::null); }
    bool boolean(bool value) {
        slot().yes = value;
        return put(Kind::boolean);
    }
    bool number_integer(std::int64_t value) {
        // Negating as unsigned holds for the smallest one too.
        const auto bits = static_cast<std::uint64_t>(value);
        return integer(value < 0 ? Id{true, 0 - bits} : Id{false, bits},
                       static_cast<double>(value));
    }
    bool number_unsigned(std::uint64_t value) {
        return integer(Id{false, value}, static_cast<double>(value));
    }
    bool number_float(double value, const std::string&) {
        slot().number = value;
        return put(Kind::number);
    }
    bool string(std::string& value) {
        if (next_ != nowhere) {
            slot().text = value;
        }
        return put(Kind::text);
    }
    bool binary(json::binary_t&) { return false; }
    bool key(const std::string& name) {
        const auto inside = open_[depth_ - 1];
        next_ = inside == nowhere ? nowhere : tree.find(inside, name);
        if (next_ != nowhere) {
            // The last of equal keys counts, and nothing of the ones before.
            std::fill(found_.begin() + next_, found_.begin() + tree.nodes[next_].end, Found{});
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

    [[nodiscard]] const Found& operator[](Place place) const { return found_[place]; }
    std::string fault;

  private:
    Found& slot() { return found_[next_]; }
    bool integer(Id id, double number) {
        slot().id = id;
        slot().number = number;
        return put(Kind::integer);
    }
    bool put(Kind kind) {
        if (depth_ == 0 && kind != Kind::object) {
            return refuse("an event must be a JSON object, this is " + std::string{name_of(kind)});
        }
        slot().kind = kind;
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

    std::array<Found, std::size_t{nowhere} + 1> found_; // the last one takes what is passed over
    std::array<Place, common::max_depth>
        open_{}; // the objects and lists around the parser's position
    std::size_t depth_ = 0;
    Place next_ = top; // where the next value goes
};

std::optional<std::string> text(const Found& found) {
    return found.kind == Kind::text && !found.text.empty() ? std::optional{found.text}
                                                           : std::nullopt;
}

std::optional<double> number(const Found& found) {
    return found.kind == Kind::integer || found.kind == Kind::number ? std::optional{found.number}
                                                                     : std::nullopt;
}

std::optional<Id> integer(const Found& found) {
    return found.kind == Kind::integer ? std::optional{found.id} : std::nullopt;
}

const Found& part(const Reader& read, Place place, std::string_view key) {
    return read[tree.find(place, key)];
}

std::optional<Id> reference(const Reader& read, Place place) {
    return read[place].kind == Kind::object ? integer(part(read, place, "id"))
                                            : integer(read[place]);
}

std::optional<double> angle(const Reader& read, Place place) {
    return read[place].kind == Kind::object ? number(part(read, place, "name"))
                                            : number(read[place]);
}

/// 1 - value in decimals, as the producer wrote it: 1 - 0.9 must hold for liveness_gte 0.1, which
/// its difference as a double does not.
double complement(double value) {
    constexpr double unit =
        1e15; // the most decimals whose every number is a whole double times the unit
    const double units = std::round(value * unit);
    return units / unit == value ? (unit - units) / unit : 1 - value;
}

std::optional<double> liveness(const Reader& read, Place place) {
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

std::optional<Feature> feature(const Reader& read, Place place) {
    if (read[place].kind != Kind::object) {
        const auto name = text(read[place]);
        return name ? std::optional{Feature{name, {}}} : std::nullopt;
    }
    const auto& name = part(read, place, "name");
    Feature feature{text(name), number(part(read, place, "confidence"))};
    // A name that is there but says nothing means "not computed", and then its confidence says
    // nothing either.
    const bool not_computed = name.kind != Kind::absent && !feature.name;
    if (not_computed || (!feature.name && !feature.confidence)) {
        return {};
    }
    return feature;
}

std::optional<std::string> plate(const Reader& read, Place place) {
    const auto found = feature(read, place);
    return found ? found->name : std::nullopt;
}

/// What the first of the places has that has it.
template <class Value>
std::optional<Value> first(const Reader& read, std::optional<Value> (*take)(const Reader&, Place),
                           std::initializer_list<Place> places) {
    for (const auto place : places) {
        if (auto value = take(read, place)) {
            return value;
        }
    }
    return {};
}

std::optional<std::string> type_of(const Reader& read) {
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
    unsigned char before = 0;
    for (const auto c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool c1 = before == 0xC2 && byte < 0xA0; // U+0080 to U+009F
        if (byte < 0x20 || byte == 0x7F || c1) {
            return true;
        }
        before = byte;
    }
    return false;
}

common::Result<std::optional<std::string>> id_of(const Found& found) {
    constexpr std::size_t longest = 256;
    switch (found.kind) {
    case Kind::integer:
        return found.id.text();
    case Kind::text:
        if (found.text.size() > longest) {
            return common::fail(common::Fault::input,
                                "id is longer than " + std::to_string(longest) + " bytes");
        }
        if (has_control_character(found.text)) {
            return common::fail(common::Fault::input, "id has a control character in it");
        }
        return text(found);
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
    Reader read;
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
    event.matched = matched.kind == Kind::boolean ? matched.yes : event.card.has_value();
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

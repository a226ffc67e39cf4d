#include "agent/webhooks/filter_parser.hpp"

#include "agent/webhooks/filter_term.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

namespace agent {

namespace {

using nlohmann::json;
using Names = std::vector<std::string>;

struct Findings {
    std::vector<FilterTerm> terms;
    std::vector<std::string> warnings;
    std::vector<std::string> faults;
};

enum class Range { ratio, degrees };

/// A name from outside, escaped and cut for a message.
std::string shown_name(const std::string& name) {
    auto text = common::shown(json(name)).substr(1);
    if (text.ends_with('"')) {
        text.pop_back();
    }
    return text;
}

std::optional<Id> id_in(const json& value) {
    if (value.is_number_unsigned()) {
        return Id{false, value.get<std::uint64_t>()};
    }
    if (value.is_number_integer()) {
        const auto number = value.get<std::int64_t>();
        const auto bits = static_cast<std::uint64_t>(number);
        return number < 0 ? Id{true, 0 - bits} : Id{false, bits};
    }
    return {};
}

/// Parses one object of a definition, `filters` or a feature in it, key by key.
class Scope {
  public:
    /// `feature`: the key of the object within `filters`; empty for `filters` itself.
    Scope(const json& object, const std::string& feature, Findings& out)
        : object_{object}, feature_{feature}, prefix_{feature.empty() ? "" : feature + "."},
          out_{out} {}

    void names(const char* key, std::string noun, const Names& known, ReadText read) {
        const auto* value = find(key);
        if (value == nullptr) {
            return;
        }
        std::vector<std::string> wanted;
        each(key, *value, [&](const json& one) {
            if (one.is_string() &&
                std::ranges::find(known, one.get_ref<const std::string&>()) != known.end()) {
                wanted.push_back(one.get<std::string>());
            } else {
                fault(key, one, common::one_of(known) + " (or a list of them)");
            }
        });
        add(key, *value, std::move(noun), OneOfTexts{read, std::move(wanted)});
    }

    void ids(const char* key, std::string noun, std::optional<Id> Event::*field) {
        const auto* value = find(key);
        if (value == nullptr) {
            return;
        }
        std::vector<Id> wanted;
        each(key, *value, [&](const json& one) {
            if (const auto id = id_in(one)) {
                wanted.push_back(*id);
            } else {
                fault(key, one, "a 64-bit integer or a list of them");
            }
        });
        std::ranges::sort(wanted);
        add(key, *value, std::move(noun), OneOfIds{field, std::move(wanted)});
    }

    void boolean(const char* key) {
        const auto* value = find(key);
        if (value == nullptr) {
            return;
        }
        if (!value->is_boolean()) {
            fault(key, *value, "true or false");
            return;
        }
        add(key, *value, key, IsMatched{value->get<bool>()});
    }

    void bounds(const char* lower_key, const char* upper_key, const std::string& noun, Range range,
                ReadNumber read) {
        const auto lower = bound(lower_key, noun, range, read, true);
        const auto upper = bound(upper_key, noun, range, read, false);
        if (lower && upper && *lower > *upper) {
            warn(lower_key, object_.at(lower_key).dump() + " is above " + prefix_ + upper_key +
                                " " + object_.at(upper_key).dump() + ": nothing matches");
        }
    }

    /// The noun is the key.
    void feature(const char* key, const Names& known, ReadText name, ReadNumber confidence) {
        const auto* value = find(key);
        if (value == nullptr) {
            return;
        }
        if (!value->is_object()) {
            fault(key, *value,
                  R"(an object like {"name": ")" + known.front() + R"(", "confidence_gte": 0.5})");
            return;
        }
        const std::string noun{key};
        Scope parts{*value, noun, out_};
        parts.names("name", noun, known, name);
        parts.bounds("confidence_gte", "confidence_lte", noun + " confidence", Range::ratio,
                     confidence);
        parts.refuse_others();
    }

    void plate(const char* key, std::string_view type) {
        const auto* value = find(key);
        if (value == nullptr) {
            return;
        }
        if (!value->is_string()) {
            fault(key, *value, "a string with the exact plate");
            return;
        }
        if (value->get_ref<const std::string&>().empty()) {
            warn(key, "is an empty string, and no event has an empty plate: nothing matches");
        }
        add(key, *value, "license plate number", PlateOf{type, value->get<std::string>()});
    }

    /// To be called after every known key was read. A filter or part that is null is ignored, even
    /// an unknown one.
    void refuse_others() {
        for (const auto& [key, value] : object_.items()) {
            if (value.is_null() || std::ranges::find(known_, key) != known_.end()) {
                continue;
            }
            const auto name = shown_name(key);
            out_.faults.push_back(feature_.empty() ? common::unknown("filter", name, known_)
                                                   : "filters." + feature_ + ": " +
                                                         common::unknown("part", name, known_));
        }
    }

    void warn(const char* key, const std::string& what) {
        out_.warnings.push_back(prefix_ + key + " " + what);
    }

    /// The keys read so far.
    [[nodiscard]] const Names& known() const { return known_; }

  private:
    /// The value of a filter or part; null if there is none.
    const json* find(const char* key) {
        known_.emplace_back(key);
        const auto at = object_.find(key);
        return at == object_.end() || at->is_null() ? nullptr : &*at;
    }

    void fault(const char* key, const json& found, const std::string& expected) {
        out_.faults.push_back(
            common::invalid("filters." + prefix_ + key, common::shown(found), expected));
    }

    template <class Test>
    void add(const char* key, const json& value, std::string noun, Test test) {
        out_.terms.push_back(
            {prefix_ + key, common::text_of(value), std::move(noun), std::move(test)});
    }

    template <class Read> void each(const char* key, const json& value, Read read) {
        if (!value.is_array()) {
            read(value);
            return;
        }
        if (value.empty()) {
            warn(key, "is an empty list: nothing matches");
        }
        std::ranges::for_each(value, read);
    }

    std::optional<double> bound(const char* key, const std::string& noun, Range range,
                                ReadNumber read, bool is_lower) {
        const auto* value = find(key);
        if (value == nullptr) {
            return {};
        }
        const auto limit = value->is_number() ? value->get<double>() : std::nan("");
        const bool fits = range == Range::degrees ? std::isfinite(limit) : limit >= 0 && limit <= 1;
        if (!fits) {
            fault(key, *value,
                  range == Range::ratio ? "a number from 0 to 1" : "a number of degrees");
            return {};
        }
        add(key, *value, noun, Bound{read, is_lower, limit});
        return limit;
    }

    const json& object_;
    std::string feature_;
    std::string prefix_; // "" or "medmask."
    Findings& out_;
    Names known_;
};

template <auto Field> auto read() {
    return [](const Event& event) -> const auto& {
        return event.*Field;
    };
}

template <Feature Event::*Field> const std::optional<std::string>& name_of(const Event& event) {
    return (event.*Field).name;
}

template <Feature Event::*Field> const std::optional<double>& confidence_of(const Event& event) {
    return (event.*Field).confidence;
}

/// Filters that are valid one by one, but together match no event that a recognition produces.
void warn_of_contradictions(const json& filters, Scope& scope) {
    const auto has = [&](const char* key) {
        return filters.contains(key) && !filters.at(key).is_null();
    };
    const auto excludes = [&](std::string_view type) {
        const auto types = filters.value("type_in", json{});
        const auto texts = types.is_string() ? json::array({types}) : types;
        return texts.is_array() && !texts.empty() &&
               std::ranges::find(texts, json(type)) == texts.end();
    };
    if (has("card_in") && filters.value("matched", json{}) == json(false)) {
        scope.warn("matched", "is false together with card_in: an unmatched event has no card");
    }
    if (has("license_plate_number") && excludes("car")) {
        scope.warn("license_plate_number",
                   "applies to events of type car, which type_in excludes: nothing matches");
    }
    if (has("license_plate_event_number") && excludes("license_plate")) {
        scope.warn(
            "license_plate_event_number",
            "applies to events of type license_plate, which type_in excludes: nothing matches");
    }
    if (has("license_plate_number") && has("license_plate_event_number")) {
        scope.warn("license_plate_number",
                   "applies to car events and license_plate_event_number to "
                   "license_plate events: nothing matches");
    }
}

/// The order of the calls is the order in which the filters are checked: cheap and selective ones
/// first.
void read_all(Scope& scope) {
    scope.names("type_in", "type", {"face", "car", "license_plate"}, read<&Event::type>());
    scope.ids("camera_in", "camera", &Event::camera);
    scope.ids("card_in", "matched card", &Event::card);
    scope.boolean("matched");
    scope.names("bs_type_in", "bs_type", {"overall", "realtime"}, read<&Event::bs_type>());
    scope.bounds("confidence_gte", "confidence_lte", "confidence", Range::ratio,
                 read<&Event::confidence>());
    scope.bounds("yaw_gte", "yaw_lte", "headpose yaw", Range::degrees, read<&Event::yaw>());
    scope.bounds("pitch_gte", "pitch_lte", "headpose pitch", Range::degrees, read<&Event::pitch>());
    scope.bounds("roll_gte", "roll_lte", "headpose roll", Range::degrees, read<&Event::roll>());
    scope.bounds("liveness_gte", "liveness_lte", "liveness", Range::ratio,
                 read<&Event::liveness>());
    scope.feature("medmask", {"none", "correct", "incorrect"}, name_of<&Event::medmask>,
                  confidence_of<&Event::medmask>);
    scope.feature("orientation", {"back", "side", "front"}, name_of<&Event::orientation>,
                  confidence_of<&Event::orientation>);
    scope.feature("special_type",
                  {"not_special", "police", "ambulance", "road_service", "gas_service",
                   "rescue_service", "other_special", "taxi", "route_transport", "car_sharing",
                   "military"},
                  name_of<&Event::special_type>, confidence_of<&Event::special_type>);
    scope.feature("license_plate_visibility",
                  {"partly_visible_no_text", "fully_visible_no_text", "invisible", "partly_visible",
                   "fully_visible"},
                  name_of<&Event::license_plate_visibility>,
                  confidence_of<&Event::license_plate_visibility>);
    scope.plate("license_plate_number", "car");
    scope.plate("license_plate_event_number", "license_plate");
}

} // namespace

ParsedFilters parse_filters(const json& filters) {
    if (filters.is_null()) {
        return {};
    }
    if (!filters.is_object()) {
        return {{}, {}, {common::invalid("filters", common::shown(filters), "an object")}};
    }
    Findings found;
    Scope scope{filters, "", found};
    read_all(scope);
    scope.refuse_others();
    if (!found.faults.empty()) {
        return {{}, {}, std::move(found.faults)};
    }
    warn_of_contradictions(filters, scope);
    return {Filters{std::move(found.terms)}, std::move(found.warnings), {}};
}

std::vector<std::string> filter_names() {
    const auto none = json::object();
    Findings found;
    Scope scope{none, "", found};
    read_all(scope);
    return scope.known();
}

} // namespace agent

#include "agent/webhooks/filter.hpp"
#include "agent/webhooks/filter_term.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

namespace agent {

namespace {

using nlohmann::json;
using Names = std::initializer_list<std::string_view>;

struct Parsed {
    std::vector<FilterTerm> terms;
    std::vector<std::string> warnings;
    std::vector<std::string> faults;
};

enum class Range { ratio, degrees };

std::string listed(const std::vector<std::string_view>& names) {
    return common::joined({names.begin(), names.end()}, ", ");
}

/// How many letters must be changed, put in or left out to make one of the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        auto diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const auto change = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = std::exchange(row[j + 1], std::min({row[j] + 1, row[j + 1] + 1, change}));
        }
    }
    return row.back();
}

std::string suggestion(std::string_view unknown, const std::vector<std::string_view>& known) {
    if (unknown.size() > 64) {
        return {};
    }
    const auto nearest = std::ranges::min_element(
        known, {}, [&](std::string_view name) { return distance(unknown, name); });
    const bool close =
        distance(unknown, *nearest) <= 2 || (!unknown.empty() && nearest->starts_with(unknown));
    return close ? ", did you mean " + std::string{*nearest} + "?" : std::string{};
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

/// One object of a definition, `filters` or a feature within it, taken apart key by key.
class Scope {
  public:
    Scope(const json& object, std::string prefix, Parsed& out)
        : object_{object}, prefix_{std::move(prefix)}, out_{out} {}

    void names(std::string_view key, std::string noun, Names allowed, ReadText read) {
        const auto* value = take(key);
        if (value == nullptr) {
            return;
        }
        std::vector<std::string> wanted;
        each(key, *value, [&](const json& one) {
            if (one.is_string() &&
                std::ranges::find(allowed, one.get_ref<const std::string&>()) != allowed.end()) {
                wanted.push_back(one.get<std::string>());
            } else {
                fault(key, common::shown(one) + " is not allowed; allowed are " + listed(allowed) +
                               " (one or a list)");
            }
        });
        add(key, *value, std::move(noun), OneOfTexts{read, std::move(wanted)});
    }

    void ids(std::string_view key, std::string noun, std::optional<Id> Event::*field) {
        const auto* value = take(key);
        if (value == nullptr) {
            return;
        }
        std::vector<Id> wanted;
        each(key, *value, [&](const json& one) {
            if (const auto id = id_in(one)) {
                wanted.push_back(*id);
            } else {
                fault(key, common::shown(one) +
                               " is no id; allowed are 64-bit integers (one or a list)");
            }
        });
        std::ranges::sort(wanted);
        add(key, *value, std::move(noun), OneOfIds{field, std::move(wanted)});
    }

    void boolean(std::string_view key) {
        if (const auto* value = take(key)) {
            if (value->is_boolean()) {
                add(key, *value, std::string{key}, IsMatched{value->get<bool>()});
            } else {
                fault(key, common::shown(*value) + " is not allowed; allowed are true and false");
            }
        }
    }

    void bounds(std::string_view lower_key, std::string_view upper_key, const std::string& noun,
                Range range, ReadNumber read) {
        const auto lower = bound(lower_key, noun, range, read, true);
        const auto upper = bound(upper_key, noun, range, read, false);
        if (lower && upper && *lower > *upper) {
            warn(lower_key, object_.at(lower_key).dump() + " is above " + prefix_ +
                                std::string{upper_key} + " " + object_.at(upper_key).dump() +
                                ": nothing matches");
        }
    }

    void feature(std::string_view key, const std::string& noun, Names allowed, ReadText name,
                 ReadNumber confidence) {
        const auto* value = take(key);
        if (value == nullptr) {
            return;
        }
        if (!value->is_object()) {
            fault(key, common::shown(*value) +
                           R"( is not allowed; allowed is an object like {"name": ")" +
                           std::string{*allowed.begin()} + R"(", "confidence_gte": 0.5})");
            return;
        }
        Scope parts{*value, std::string{key} + ".", out_};
        parts.names("name", noun, allowed, name);
        parts.bounds("confidence_gte", "confidence_lte", noun + " confidence", Range::ratio,
                     confidence);
        parts.refuse_others("part");
    }

    void plate(std::string_view key, std::string_view type) {
        const auto* value = take(key);
        if (value == nullptr) {
            return;
        }
        if (!value->is_string()) {
            fault(key, common::shown(*value) +
                           " is not allowed; allowed is a string, the plate exactly");
            return;
        }
        if (value->get_ref<const std::string&>().empty()) {
            warn(key, "is an empty string, and no event has an empty plate: nothing matches");
        }
        add(key, *value, "license plate number", PlateOf{type, value->get<std::string>()});
    }

    /// To be called when every known key was asked for. Null is no filter, whatever its name.
    void refuse_others(std::string_view what) {
        for (const auto& [key, value] : object_.items()) {
            if (!value.is_null() && std::ranges::find(known_, key) == known_.end()) {
                out_.faults.push_back("unknown " + std::string{what} + " " +
                                      common::shown(prefix_ + key) + suggestion(key, known_) +
                                      "; known are " + listed(known_));
            }
        }
    }

    void warn(std::string_view key, const std::string& what) {
        out_.warnings.push_back(prefix_ + std::string{key} + " " + what);
    }

  private:
    /// The value of a filter or part; nullptr: there is none.
    const json* take(std::string_view key) {
        known_.push_back(key);
        const auto at = object_.find(key);
        return at == object_.end() || at->is_null() ? nullptr : &*at;
    }

    void fault(std::string_view key, const std::string& what) {
        out_.faults.push_back(prefix_ + std::string{key} + ": " + what);
    }

    template <class Test>
    void add(std::string_view key, const json& value, std::string noun, Test test) {
        out_.terms.push_back(
            {prefix_ + std::string{key}, common::text_of(value), std::move(noun), std::move(test)});
    }

    template <class Take> void each(std::string_view key, const json& value, Take take) {
        if (!value.is_array()) {
            take(value);
            return;
        }
        if (value.empty()) {
            warn(key, "is an empty list: nothing matches");
        }
        std::ranges::for_each(value, take);
    }

    std::optional<double> bound(std::string_view key, const std::string& noun, Range range,
                                ReadNumber read, bool is_lower) {
        const auto* value = take(key);
        if (value == nullptr) {
            return {};
        }
        const auto limit = value->is_number() ? value->get<double>() : std::nan("");
        const bool fits = range == Range::degrees ? std::isfinite(limit) : limit >= 0 && limit <= 1;
        if (!fits) {
            fault(key, common::shown(*value) + " is not allowed; allowed is a number" +
                           (range == Range::ratio ? " from 0 to 1" : ", in degrees"));
            return {};
        }
        add(key, *value, noun, Bound{read, is_lower, limit});
        return limit;
    }

    const json& object_;
    std::string prefix_;
    Parsed& out_;
    std::vector<std::string_view> known_;
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

/// Each filter by itself is fine, but together they let nothing pass that a recognition gives.
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
        scope.warn("matched", "is false with a card_in: an unmatched event has no card");
    }
    if (has("license_plate_number") && excludes("car")) {
        scope.warn("license_plate_number",
                   "is for events of type car, which type_in excludes: nothing matches");
    }
    if (has("license_plate_event_number") && excludes("license_plate")) {
        scope.warn("license_plate_event_number",
                   "is for events of type license_plate, which type_in excludes: nothing matches");
    }
    if (has("license_plate_number") && has("license_plate_event_number")) {
        scope.warn("license_plate_number", "is for car events and license_plate_event_number for "
                                           "license_plate events: nothing matches");
    }
}

/// The order of the calls is the order in which filters are asked: cheap and selective ones first.
Parsed parse_all(const json& filters) {
    Parsed parsed;
    if (filters.is_null()) {
        return parsed;
    }
    if (!filters.is_object()) {
        parsed.faults.push_back("filters: must be an object, not " +
                                std::string{common::kind_of(filters)});
        return parsed;
    }
    Scope scope{filters, "", parsed};
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
    scope.feature("medmask", "medmask", {"none", "correct", "incorrect"}, name_of<&Event::medmask>,
                  confidence_of<&Event::medmask>);
    scope.feature("orientation", "orientation", {"back", "side", "front"},
                  name_of<&Event::orientation>, confidence_of<&Event::orientation>);
    scope.feature("special_type", "special_type",
                  {"not_special", "police", "ambulance", "road_service", "gas_service",
                   "rescue_service", "other_special", "taxi", "route_transport", "car_sharing",
                   "military"},
                  name_of<&Event::special_type>, confidence_of<&Event::special_type>);
    scope.feature("license_plate_visibility", "license_plate_visibility",
                  {"partly_visible_no_text", "fully_visible_no_text", "invisible", "partly_visible",
                   "fully_visible"},
                  name_of<&Event::license_plate_visibility>,
                  confidence_of<&Event::license_plate_visibility>);
    scope.plate("license_plate_number", "car");
    scope.plate("license_plate_event_number", "license_plate");
    scope.refuse_others("filter");
    if (parsed.faults.empty()) {
        warn_of_contradictions(filters, scope);
    }
    return parsed;
}

} // namespace

common::Result<Filters> Filters::parse(const json& filters) {
    auto parsed = parse_all(filters);
    if (!parsed.faults.empty()) {
        return common::fail(common::Fault::input, common::joined(parsed.faults));
    }
    Filters result;
    result.terms_ = std::make_shared<const std::vector<FilterTerm>>(std::move(parsed.terms));
    result.warnings_ = std::move(parsed.warnings);
    return result;
}

std::vector<std::string> Filters::faults(const json& filters) {
    return parse_all(filters).faults;
}

} // namespace agent

// FilterTerm: one filter of a webhook with its value, ready to be asked. Immutable once parsed; any
// thread. For filter, filter_parser and whoever will index webhooks by camera, card or type.
#pragma once

#include "agent/events/event.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace agent {

/// How a term reaches into an event.
using ReadText = const std::optional<std::string>& (*)(const Event&);
using ReadNumber = const std::optional<double>& (*)(const Event&);

struct OneOfTexts {
    ReadText read;
    std::vector<std::string> wanted;
};

struct OneOfIds {
    std::optional<Id> Event::*field; ///< &Event::camera, &Event::card
    std::vector<Id> wanted;          ///< sorted
};

struct IsMatched {
    bool wanted;
};

/// Inclusive.
struct Bound {
    ReadNumber read;
    bool is_lower;
    double limit;
};

/// The plate of an event of one type, letter for letter.
struct PlateOf {
    std::string_view type;
    std::string plate;
};

struct FilterTerm {
    std::string filter; ///< "yaw_gte", "medmask.name"
    std::string wanted; ///< the value's JSON text
    std::string noun;   ///< what the event may lack, for people: "headpose yaw"
    std::variant<OneOfTexts, OneOfIds, IsMatched, Bound, PlateOf> test;

    [[nodiscard]] bool holds(const Event& event) const;
    /// The JSON text of what the event has, "null" where it lacks it.
    [[nodiscard]] std::string found(const Event& event) const;
    /// For people: why it does not hold, where that is not plain from wanted and found.
    [[nodiscard]] std::string hint(const Event& event) const;
};

} // namespace agent

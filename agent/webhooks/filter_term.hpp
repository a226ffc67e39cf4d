// FilterTerm: one filter of a webhook with its value, ready to be checked against events. Immutable
// once parsed; any thread. Shared by filter, filter_parser and webhook_index.
#pragma once

#include "agent/events/event.hpp"
#include "agent/events/unread_values.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace agent {

/// How a term reads its value from an event.
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

struct Bound {
    ReadNumber read;
    bool is_lower;
    double limit; ///< inclusive
};

/// The plate of events of one type, compared exactly.
struct PlateOf {
    std::string_view type;
    std::string plate;
};

struct FilterTerm {
    std::string filter; ///< "yaw_gte", "medmask.name"
    std::string wanted; ///< the value's JSON text
    std::string noun;   ///< what the filter reads, for people: "headpose yaw"
    std::variant<OneOfTexts, OneOfIds, IsMatched, Bound, PlateOf> test;

    [[nodiscard]] bool holds(const Event& event) const;
    /// The JSON text of the event's value, also of one that cannot be read; "null" if it lacks one.
    [[nodiscard]] std::string found(const Event& event, const UnreadValues& unread) const;
    /// For people: why the term does not hold, if `wanted` and `found` do not show that.
    [[nodiscard]] std::string hint(const Event& event, const UnreadValues& unread) const;
};

} // namespace agent

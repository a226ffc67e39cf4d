// Event: one recognition result, reduced to the fields that filters read. Pure. The caller keeps
// the event's own bytes; ids never pass through a double.
//
// agent/events reads what producers send: it splits request bodies and reads events. It uses
// common/text and common/base only.
#pragma once

#include "common/base/result.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace agent {

/// A 64-bit integer, signed or unsigned, exact.
struct Id {
    bool negative = false;
    std::uint64_t magnitude = 0;
    // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 misreads the 0 it compares with
    auto operator<=>(const Id&) const = default;
    /// In decimal.
    [[nodiscard]] std::string text() const;
};

/// One recognised feature, such as the medical mask. Either part may be missing.
struct Feature {
    std::optional<std::string> name;
    std::optional<double> confidence;
};

/// Empty optionals: the event lacks the field (contract, section 4).
struct Event {
    std::optional<std::string> id;   ///< a non-empty string, or an integer in decimal
    std::optional<std::string> type; ///< as the event says, even if no filter knows it
    std::optional<std::string> bs_type;
    std::optional<Id> camera;
    std::optional<Id> card;
    /// Always set by read_event(): without the field, whether there is a card, readable or not.
    std::optional<bool> matched;
    std::optional<double> confidence;
    std::optional<double> yaw, pitch, roll;
    std::optional<double> liveness;
    Feature medmask, orientation, special_type, license_plate_visibility;
    std::optional<std::string> plate;
};

/// Reads one JSON object (UTF-8, no BOM, no lone surrogates, at most 64 deep) in the shapes of an
/// integrator's producer, of FindFace Lite, and of FindFace Multi and Security (contract, section
/// 4). If a key occurs more than once in an object, the last one counts. A string id must have at
/// most 256 bytes and no control characters. Errors (Fault::input) say what is wrong and, for
/// invalid JSON, at which byte from 1.
common::Result<Event> read_event(std::string_view json);

} // namespace agent

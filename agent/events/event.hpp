// Event: one recognition result, reduced to the fields that filters read; and the splitting of a
// request body into events. Pure. Bytes are kept as they came by whoever holds them; numbers that
// are ids never pass through a double.
#pragma once

#include "common/base/result.hpp"
#include "common/text/json.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// A 64-bit integer, signed or unsigned, exact.
struct Id {
    bool negative = false;
    std::uint64_t magnitude = 0;
    auto operator<=>(const Id&) const = default; // NOLINT(modernize-use-nullptr): clang-tidy 14
                                                 // mistakes the 0 that it compares with
    [[nodiscard]] std::string text() const;
};

/// What was recognised of one kind ("medmask"): either part may be lacking.
struct Feature {
    std::optional<std::string> name;
    std::optional<double> confidence;
};

/// Empty optionals: the event lacks it (contract, section 4). `type` holds what the event says,
/// even if no filter knows it.
struct Event {
    std::optional<std::string> id; ///< a non-empty string, or an integer in decimal
    std::optional<std::string> type;
    std::optional<std::string> bs_type;
    std::optional<Id> camera;
    std::optional<Id> card;
    std::optional<bool>
        matched; ///< always set by read_event: without the field, whether there is a card
    std::optional<double> confidence;
    std::optional<double> yaw, pitch, roll;
    std::optional<double> liveness;
    Feature medmask, orientation, special_type, license_plate_visibility;
    std::optional<std::string> plate;
};

/// Reads one JSON object (UTF-8, no BOM, no lone surrogates, at most 64 deep). The error says what
/// is wrong and at which byte. Accepts the shapes of an integrator's producer, of FindFace Lite,
/// and of FindFace Multi and Security (contract, section 4). Of equal keys in one object the last
/// one counts. An id that is no integer or no string of at most 256 bytes without control
/// characters is an error.
common::Result<Event> read_event(std::string_view json);

enum class BodyFormat { json, ndjson };

/// Cuts a body into the texts of its events (views into `body`, without surrounding white space).
/// `json`: one object or an array of them; `ndjson`: one a line, blank lines skipped. Finds only
/// what is needed for the cut; read_event judges each part. An empty array is no events; an empty
/// body is an error. An error names the event's index from 0 or the byte from 1.
common::Result<std::vector<std::string_view>> split_events(std::string_view body,
                                                           BodyFormat format);

} // namespace agent

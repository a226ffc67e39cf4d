// JsonText: JSON from outside held to the contract's rules (section 5): UTF-8 without BOM, no lone
// surrogates, no NUL, at most 64 deep, no number beyond a double; and its faults in words for
// people. Pure. Messages never quote the text: events and definitions hold secrets.
#pragma once

#include "common/base/result.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace common {

/// Deeper JSON is refused.
inline constexpr std::size_t max_depth = 64;

/// The faults that nlohmann lets pass: a byte order mark, and a NUL byte (which it takes for the
/// end). Nothing: go on and parse.
std::optional<std::string> forbidden_bytes(std::string_view json);

/// What a SAX parser's error means: "not valid JSON at byte 17: unexpected '}'; expected a string".
/// Bytes count from 1.
std::string json_fault(std::size_t byte, const std::exception& why);
std::string depth_fault();

/// The text as a value. Errors: Fault::input, as above.
common::Result<nlohmann::json> parse_json(std::string_view json);

/// "an object", "a number": what a value is, for messages.
std::string_view kind_of(const nlohmann::json& value);
/// The value as JSON text, cut after some 80 bytes: for messages about values that are no secret.
std::string shown(const nlohmann::json& value);

/// Several faults as one message.
std::string joined(const std::vector<std::string>& parts, std::string_view separator = "; ");

} // namespace common

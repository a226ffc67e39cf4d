// JSON from outside, held to the contract's rules (section 5): UTF-8 without BOM, no lone
// surrogates, no NUL, at most 64 levels deep, no number beyond a double. Faults are explained, but
// never quote the text: events and definitions contain secrets. Pure.
//
// common/text holds the text formats: INI and its values, JSON, Prometheus, and the one form of
// messages about bad input. It is pure and uses common/base only.
#pragma once

#include "common/base/result.hpp"

#include <cstddef>
#include <exception>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace common {

/// Deeper JSON is refused.
inline constexpr std::size_t max_depth = 64;

/// The faults that nlohmann does not report: a byte order mark, and a NUL byte (which it takes for
/// the end). Nothing if there are none.
std::optional<std::string> forbidden_bytes(std::string_view json);

/// A SAX parser's error in words: "not valid JSON at byte 17: unexpected '}'; expected a string".
/// Bytes count from 1.
std::string json_fault(std::size_t byte, const std::exception& why);
std::string depth_fault();

/// Checks a text as parse_json() does, without keeping anything of it, so that its size in memory
/// can be judged before it is there: a value takes up to a hundred bytes. Returns how many values
/// there are.
Result<std::size_t> check_json(std::string_view json);

/// Errors: Fault::input, as above.
Result<nlohmann::json> parse_json(std::string_view json);

/// The value as JSON text without blanks; bytes that are not UTF-8 become U+FFFD.
std::string text_of(const nlohmann::json& value);
std::string text_of(const nlohmann::ordered_json& value);

/// The type of a value for messages: "an object", "a number".
std::string_view kind_of(const nlohmann::json& value);
/// The value as printable() JSON text, cut after about 80 bytes: for messages about values that are
/// not secret.
std::string shown(const nlohmann::json& value);

} // namespace common

// repeated_name: JSON in which an object has a name twice contradicts itself, and what of it counts
// is up to the reader. Where the wrong guess destroys something it is refused. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace common {

/// The first name that an object in `json` has twice, as JSON text cut after about 80 bytes.
/// Nothing if there is none. `json` must have passed parse_json().
std::optional<std::string> repeated_name(std::string_view json);

} // namespace common

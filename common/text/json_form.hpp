// The form of a JSON text, checked without keeping anything of it; implemented in json.cpp. Pure.
#pragma once

#include "common/base/result.hpp"

#include <cstddef>
#include <string_view>

namespace common {

/// Checks a text as parse_json() does, so that its size in memory can be judged before it is there:
/// a value takes up to a hundred bytes. Returns how many values there are.
Result<std::size_t> check_json(std::string_view json);

} // namespace common

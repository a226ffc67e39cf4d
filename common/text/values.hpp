// The values of settings as text: durations, sizes, lists and globs. Pure.
#pragma once

#include "common/base/result.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace common {

/// "250ms", "10s", "5m", "2h", "7d"; "0" needs no unit. The error begins with "expected": the
/// caller knows what the value is of.
Result<Millis> parse_duration(std::string_view text);
/// "90s", "7d": in the largest unit in which it is a whole number.
std::string show_duration(Millis span);
/// "512KiB", "4MiB", "1GiB", "0"; a bare number is bytes. The error begins with "expected".
Result<std::uint64_t> parse_size(std::string_view text);
/// The parts between commas, trimmed, without empty ones.
std::vector<std::string> parse_list(std::string_view text);
/// `*` matches any text, `?` any one character (UTF-8), everything else only itself.
bool glob_matches(std::string_view glob, std::string_view text);

} // namespace common

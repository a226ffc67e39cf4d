// A short text of an event, for a list that people read: without images, and bounded. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace agent {

inline constexpr std::size_t longest_string = 1024;                  ///< longer ones are left out
inline constexpr std::size_t longest_event = std::size_t{16} * 1024; ///< of the result

/// `json` is a text that read_event() accepts. Strings of more than longest_string bytes become
/// "(N bytes left out)"; where the rest is still too long, only what filters read remains. The
/// result is read as the same event, apart from such strings.
std::string shortened_event(std::string_view json);

} // namespace agent

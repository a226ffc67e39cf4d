// The ASCII form of host names with letters beyond ASCII (IDNA 2008, RFC 5891; Punycode, RFC 3492).
// Pure. For advice in messages: a name that it does not know for sure has no form here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace common {

/// "bücher.example" gives "xn--bcher-kva.example". `name` is UTF-8 with ASCII in lower case. Only
/// letters whose lower case and composition are beyond doubt are taken: those of Latin-1, Greek and
/// Cyrillic, and the common Chinese ones. Nothing for any other name, and for one that is ASCII.
std::optional<std::string> to_ascii_name(std::string_view name);

} // namespace common

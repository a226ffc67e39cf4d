// The reason phrases of HTTP status codes, as RFC 9110 section 15 and the IANA registry have them.
// One table for what our server answers and for what is written about a target's answer. Pure.
#pragma once

#include <string_view>

namespace common {

/// "Not Found" for 404; empty for a status that is not registered.
std::string_view status_phrase(unsigned status);

} // namespace common

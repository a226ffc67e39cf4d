// What an unwanted reply says about the way out: where it redirects to, and which login it asks
// for. For messages. Pure.
#pragma once

#include "common/net/http.hpp"

#include <string>

namespace common {

/// The Location as people may see it: without user, password, the values of its query and fragment,
/// in printable ASCII, at most 200 characters. Empty if there is none.
std::string shown_location(const Headers& headers);

/// The authentication schemes of all WWW-Authenticate headers: "Basic, Digest". Empty if there are
/// none.
std::string asked_schemes(const Headers& headers);

} // namespace common

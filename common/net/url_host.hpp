// The host of a URL as the WHATWG URL standard reads it, without its mapping of Unicode. Pure.
// Internal to url.cpp.
#pragma once

#include "common/base/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace common {

/// Where the host stands in a URL, for messages.
struct HostPlace {
    std::string_view whole;
    std::size_t begin = 0;
    bool may_be_secret = false; ///< an "@" follows later, so that this may be part of a password
};

/// A name in lower case, with its final dot if it has one, or an IPv4 address. A name is an address
/// only as a whole: if its last part is a number, the whole must be one.
Result<std::string> read_name_or_ipv4(std::string_view text, const HostPlace& place);
/// The text between the brackets. The result has the form of RFC 5952 without dots.
Result<std::string> read_ipv6(std::string_view text, const HostPlace& place);

} // namespace common

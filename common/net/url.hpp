// Url: an http or https URL in its parts. A value; any thread. Read as the WHATWG URL standard
// says, so that what other clients accept is accepted, with few differences: no control character
// is skipped, and the path's dot segments are sent as they are written.
#pragma once

#include "common/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace common {

struct Url {
    std::string scheme;       ///< "http" or "https", lower case
    std::string user;         ///< percent-decoded; secret; often empty
    std::string password;     ///< percent-decoded; secret; often empty
    std::string host;         ///< name or address, ASCII, lower case, IPv6 without brackets
    std::uint16_t port = 0;   ///< always set
    std::string target = "/"; ///< path and query, as sent in the request line

    bool operator==(const Url&) const = default;

    [[nodiscard]] bool tls() const { return scheme == "https"; }
    /// "http://host:8080", without the scheme's default port. Names a lane.
    [[nodiscard]] std::string origin() const;
    /// For the Host header: "host:8080" or "[::1]", without the scheme's default port.
    [[nodiscard]] std::string authority() const;
    /// The URL without user and password and with the values of its query masked, for keys often
    /// stand there: the only form for logs, status and errors.
    [[nodiscard]] std::string shown() const;
};

/// Absolute http or https URLs. What may not stand raw in path and query is percent-encoded;
/// nothing is encoded twice. The error names the character that is wrong and its place, but never
/// contains user or password.
Result<Url> parse_url(std::string_view text);
/// Resolves `reference` (absolute or relative) against `base` (RFC 3986 section 5). User and
/// password stay where no other place is named.
Result<Url> resolve(const Url& base, std::string_view reference);

} // namespace common

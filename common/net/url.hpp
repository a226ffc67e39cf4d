// Url: an http or https address taken apart. A value; any thread. Parsing is Boost.URL's.
#pragma once

#include "common/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace common {

struct Url {
    std::string scheme;       ///< "http" or "https", lower case
    std::string user;         ///< percent-decoded, often empty; a secret
    std::string password;     ///< percent-decoded, often empty; a secret
    std::string host;         ///< name or address, lower case, IPv6 without brackets
    std::uint16_t port = 0;   ///< always set
    std::string target = "/"; ///< path and query as they go into the request line

    bool operator==(const Url&) const = default;

    [[nodiscard]] bool tls() const { return scheme == "https"; }
    /// "http://host:8080", the port only where it is not the scheme's own. Names a lane.
    [[nodiscard]] std::string origin() const;
    /// For the Host header: host with brackets where needed, port where it is not the scheme's own.
    [[nodiscard]] std::string authority() const;
    /// The whole URL without user and password: the only form for logs, statuses and errors.
    [[nodiscard]] std::string shown() const;
};

/// Absolute http or https URLs. The error says what is wrong and what would be right, without user
/// and password.
Result<Url> parse_url(std::string_view text);
/// `reference` (absolute, or relative) as seen from `base` (RFC 3986 section 5).
Result<Url> resolve(const Url& base, std::string_view reference);

} // namespace common

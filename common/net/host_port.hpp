// HostPort: the text form of a socket address, "host:port". A value; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace common {

struct HostPort {
    std::string host; ///< IPv6 without brackets; may be empty
    std::uint16_t port = 0;
    bool operator==(const HostPort&) const = default;
    /// "127.0.0.1:8093", "[::1]:8093": what parse_host_port() reads.
    [[nodiscard]] std::string text() const;
};

/// "127.0.0.1:8093", "[::1]:8093", ":0". Brackets surround a host with colons and no other. Whether
/// the host exists or is numeric is not checked.
std::optional<HostPort> parse_host_port(std::string_view text);

} // namespace common

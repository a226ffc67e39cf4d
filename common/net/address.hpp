// IP addresses and ranges of them ("10.0.0.0/8", "::1/128"). Values; any thread.
#pragma once

#include "common/base/result.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace common {

/// An address as 16 bytes. IPv4 is stored IPv4-mapped (::ffff:a.b.c.d), so that both forms of one
/// address are equal.
using AddressBytes = std::array<std::uint8_t, 16>;

class IpRange {
  public:
    /// "10.0.0.0/8", "fe80::/10", or a single address. Bits beyond the prefix are ignored.
    static Result<IpRange> parse(std::string_view text);
    /// By the address as it is written: see any_contains() for IPv4 within IPv6.
    [[nodiscard]] bool contains(const AddressBytes& address) const;
    bool operator==(const IpRange&) const = default;

  private:
    AddressBytes address_{};
    unsigned prefix_ = 0;
};

/// Why nothing may connect to that address and port, in words for the log and the status; nothing
/// if it may.
using AddressVeto =
    std::function<std::optional<std::string>(const AddressBytes& address, std::uint16_t port)>;

/// "127.0.0.1", "::1"; a name is an error.
Result<AddressBytes> parse_address(std::string_view text);
/// "10.0.0.7", "2001:db8::1".
std::string show_address(const AddressBytes& address);
/// Of an IPv4 or IPv6 socket address; nothing for one of another family.
std::optional<AddressBytes> address_of(const sockaddr* where);
/// The IPv4 address to which a packet for this IPv6 address goes in the end: IPv4-mapped,
/// -compatible and -translated addresses, NAT64 (RFC 6052 and RFC 8215), 6to4, Teredo (the client)
/// and ISATAP. Nothing for any other address, among them :: and ::1.
std::optional<AddressBytes> carried_ipv4(const AddressBytes& address);
/// Whether one of the ranges contains the address, or the IPv4 address that it carries.
bool any_contains(const std::vector<IpRange>& ranges, const AddressBytes& address);
/// 127.0.0.0/8 and ::1.
bool is_loopback(const AddressBytes& address);
/// Whether a host name is "localhost" or one below it, which by RFC 6761 are always loopback. In
/// any case, with or without the final dot.
bool is_localhost(std::string_view name);

} // namespace common

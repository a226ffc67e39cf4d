// IP addresses and ranges of them ("10.0.0.0/8", "::1/128"). Values; any thread.
#pragma once

#include "common/base/result.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace common {

/// An address as 16 bytes. IPv4 is stored IPv4-mapped (::ffff:a.b.c.d), so that both forms of one
/// address are equal.
using AddressBytes = std::array<std::uint8_t, 16>;

class IpRange {
  public:
    /// "10.0.0.0/8", "fe80::/10", or a single address. Bits beyond the prefix are ignored.
    static Result<IpRange> parse(std::string_view text);
    [[nodiscard]] bool contains(const AddressBytes& address) const;
    bool operator==(const IpRange&) const = default;

  private:
    AddressBytes address_{};
    unsigned prefix_ = 0;
};

/// "127.0.0.1", "::1"; a name is an error.
Result<AddressBytes> parse_address(std::string_view text);
/// 127.0.0.0/8 and ::1.
bool is_loopback(const AddressBytes& address);

} // namespace common

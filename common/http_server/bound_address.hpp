// BoundAddress: where a TCP listener was bound, and whether a connection from this machine ends up
// there: the test for "is this my own address?". A value; any thread.
#pragma once

#include "common/net/address.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace common::http_server {

class BoundAddress {
  public:
    BoundAddress() = default; ///< of no listener: nothing ends up there
    /// `host` is numeric; 0.0.0.0 and :: are all addresses of this machine.
    BoundAddress(std::string_view host, std::uint16_t port);

    /// Whether what this machine sends to that address and port arrives at the listener. What
    /// somebody else (NAT, a proxy) passes on to it is not known here. With a wildcard listener a
    /// few system calls, but only for its own port.
    [[nodiscard]] bool reached_by(const AddressBytes& address, std::uint16_t port) const;
    /// The same for the host of a URL: an address, or localhost. False for other names, which only
    /// a lookup turns into addresses.
    [[nodiscard]] bool named_by(std::string_view host, std::uint16_t port) const;

  private:
    std::optional<AddressBytes> address_;
    std::uint16_t port_ = 0;
};

} // namespace common::http_server

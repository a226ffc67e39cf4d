#include "common/http_server/bound_address.hpp"

#include <algorithm>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace common::http_server {

namespace {

constexpr std::size_t ipv4_at = 12;

bool is_ipv4(const AddressBytes& address) {
    constexpr std::array<std::uint8_t, ipv4_at> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    return std::equal(mapped.begin(), mapped.end(), address.begin());
}

/// 0.0.0.0 or ::.
bool is_unspecified(const AddressBytes& address) {
    const std::size_t from = is_ipv4(address) ? ipv4_at : 0;
    return std::all_of(address.begin() + static_cast<std::ptrdiff_t>(from), address.end(),
                       [](std::uint8_t byte) { return byte == 0; });
}

/// Linux takes a connection to 0.0.0.0 or :: for one to itself.
AddressBytes as_connected(const AddressBytes& address) {
    if (!is_unspecified(address)) {
        return address;
    }
    return *parse_address(is_ipv4(address) ? "127.0.0.1" : "::1");
}

/// Whether the kernel delivers to itself: then the source that it chooses is the destination.
/// Nothing is sent.
bool is_of_this_machine(const AddressBytes& address) {
    if (is_loopback(address)) {
        return true; // all of 127.0.0.0/8, where the source is always 127.0.0.1
    }
    sockaddr_in6 to{};
    to.sin6_family = AF_INET6;
    to.sin6_port = htons(9);
    std::memcpy(&to.sin6_addr, address.data(), address.size());
    sockaddr_in to_ipv4{};
    to_ipv4.sin_family = AF_INET;
    to_ipv4.sin_port = to.sin6_port;
    std::memcpy(&to_ipv4.sin_addr, address.data() + ipv4_at, sizeof to_ipv4.sin_addr);
    const bool ipv4 = is_ipv4(address);
    const auto* const there =
        ipv4 ? reinterpret_cast<const sockaddr*>(&to_ipv4) : reinterpret_cast<const sockaddr*>(&to);
    const int probe = ::socket(there->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (probe < 0) {
        return false; // then no connection can be opened either
    }
    sockaddr_in6 from{};
    socklen_t size = sizeof from;
    const bool known =
        ::connect(probe, there, ipv4 ? socklen_t{sizeof to_ipv4} : socklen_t{sizeof to}) == 0 &&
        ::getsockname(probe, reinterpret_cast<sockaddr*>(&from), &size) == 0;
    ::close(probe);
    if (!known) {
        return false;
    }
    return ipv4 ? std::memcmp(&reinterpret_cast<const sockaddr_in&>(from).sin_addr,
                              &to_ipv4.sin_addr, sizeof to_ipv4.sin_addr) == 0
                : std::memcmp(&from.sin6_addr, &to.sin6_addr, sizeof to.sin6_addr) == 0;
}

} // namespace

BoundAddress::BoundAddress(std::string_view host, std::uint16_t port) : port_{port} {
    if (const auto address = parse_address(host)) {
        address_ = *address;
    }
}

bool BoundAddress::reached_by(const AddressBytes& address, std::uint16_t port) const {
    if (!address_ || port != port_) {
        return false;
    }
    const auto there = as_connected(address);
    if (!is_unspecified(*address_)) {
        return there == *address_;
    }
    // A listener on :: takes IPv4 connections as well.
    return (is_ipv4(there) || !is_ipv4(*address_)) && is_of_this_machine(there);
}

bool BoundAddress::named_by(std::string_view host, std::uint16_t port) const {
    if (const auto address = parse_address(host)) {
        return reached_by(*address, port);
    }
    return is_localhost(host) && (reached_by(*parse_address("127.0.0.1"), port) ||
                                  reached_by(*parse_address("::1"), port));
}

} // namespace common::http_server

#include "common/net/address.hpp"

#include "common/base/ascii.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstring>
#include <netinet/in.h>

namespace common {

namespace {

constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned mapped_bits = 96;

bool is_ipv4(const AddressBytes& address) {
    return std::equal(mapped.begin(), mapped.end(), address.begin());
}

void clear_bits_from(AddressBytes& address, unsigned prefix) {
    for (unsigned bit = prefix; bit < 128; ++bit) {
        address[bit / 8] = static_cast<std::uint8_t>(address[bit / 8] & ~(0x80U >> (bit % 8)));
    }
}

template <std::size_t N>
bool begins_with(const AddressBytes& address, const std::array<std::uint8_t, N>& prefix) {
    return std::equal(prefix.begin(), prefix.end(), address.begin());
}

bool zero_from(const AddressBytes& address, std::size_t byte) {
    return std::all_of(address.begin() + static_cast<std::ptrdiff_t>(byte), address.end(),
                       [](std::uint8_t one) { return one == 0; });
}

AddressBytes ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d};
}

/// The last four bytes.
AddressBytes tail_of(const AddressBytes& address) {
    return ipv4(address[12], address[13], address[14], address[15]);
}

/// Within 64:ff9b:1::/48 each network chooses its prefix length (RFC 8215), which decides where the
/// IPv4 address stands (RFC 6052 section 2.2). What follows it is zero and tells them apart.
AddressBytes local_nat64(const AddressBytes& address) {
    const auto& a = address;
    if (a[8] == 0 && zero_from(a, 11)) {
        return ipv4(a[6], a[7], a[9], a[10]); // /48
    }
    if (a[8] == 0 && zero_from(a, 12)) {
        return ipv4(a[7], a[9], a[10], a[11]); // /56
    }
    if (a[8] == 0 && zero_from(a, 13)) {
        return ipv4(a[9], a[10], a[11], a[12]); // /64
    }
    return tail_of(a); // /96
}

bool is_isatap(const AddressBytes& address) {
    // RFC 5214 section 6.1: the interface identifier is 0:5efe or 200:5efe before the address.
    return (address[8] & ~2U) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe;
}

} // namespace

std::optional<AddressBytes> carried_ipv4(const AddressBytes& address) {
    constexpr std::array<std::uint8_t, 12> compatible{};
    constexpr std::array<std::uint8_t, 12> translated{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    constexpr std::array<std::uint8_t, 12> nat64{0, 0x64, 0xff, 0x9b};
    constexpr std::array<std::uint8_t, 6> nat64_local{0, 0x64, 0xff, 0x9b, 0, 1};
    constexpr std::array<std::uint8_t, 2> six_to_four{0x20, 0x02};
    constexpr std::array<std::uint8_t, 4> teredo{0x20, 0x01, 0, 0};
    const auto& a = address;
    if (begins_with(a, compatible)) {
        const bool unspecified_or_loopback = a[12] == 0 && a[13] == 0 && a[14] == 0 && a[15] <= 1;
        return unspecified_or_loopback ? std::nullopt : std::optional{tail_of(a)};
    }
    if (begins_with(a, nat64_local)) {
        return local_nat64(a);
    }
    if (begins_with(a, six_to_four)) {
        return ipv4(a[2], a[3], a[4], a[5]);
    }
    if (begins_with(a, teredo)) {
        const auto inverted = [&](std::size_t i) { return static_cast<std::uint8_t>(~a[i]); };
        return ipv4(inverted(12), inverted(13), inverted(14), inverted(15));
    }
    const bool at_the_end = is_ipv4(a) || begins_with(a, translated) || begins_with(a, nat64);
    return at_the_end || is_isatap(a) ? std::optional{tail_of(a)} : std::nullopt;
}

bool any_contains(const std::vector<IpRange>& ranges, const AddressBytes& address) {
    const auto carried = carried_ipv4(address);
    return std::ranges::any_of(ranges, [&](const IpRange& range) {
        return range.contains(address) || (carried && range.contains(*carried));
    });
}

Result<AddressBytes> parse_address(std::string_view text) {
    const std::string copy{text}; // inet_pton needs a terminated string
    AddressBytes bytes{};
    if (copy.find('\0') == std::string::npos) {
        if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) {
            return bytes;
        }
        std::copy(mapped.begin(), mapped.end(), bytes.begin());
        if (::inet_pton(AF_INET, copy.c_str(), bytes.data() + mapped.size()) == 1) {
            return bytes;
        }
    }
    return fail(Fault::input,
                "\"" + copy + "\": expected an IP address such as 192.168.0.10 or fd00::10");
}

std::string show_address(const AddressBytes& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (is_ipv4(address)) {
        ::inet_ntop(AF_INET, address.data() + mapped.size(), text.data(), text.size());
    } else {
        ::inet_ntop(AF_INET6, address.data(), text.data(), text.size());
    }
    return text.data();
}

std::optional<AddressBytes> address_of(const sockaddr* where) {
    AddressBytes bytes{};
    if (where->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, where, sizeof v4);
        std::copy(mapped.begin(), mapped.end(), bytes.begin());
        std::memcpy(bytes.data() + mapped.size(), &v4.sin_addr, sizeof v4.sin_addr);
        return bytes;
    }
    if (where->sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, where, sizeof v6);
        std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
        return bytes;
    }
    return std::nullopt;
}

Result<IpRange> IpRange::parse(std::string_view text) {
    const auto slash = text.find('/');
    auto address = parse_address(text.substr(0, slash));
    if (!address) {
        return fail(Fault::input,
                    "\"" + std::string{text} +
                        "\": expected an IP range such as 10.0.0.0/8 or fe80::/10, or one address");
    }
    const bool written_as_ipv4 = text.substr(0, slash).find(':') == std::string_view::npos;
    const unsigned longest = written_as_ipv4 ? 32 : 128;
    unsigned prefix = longest;
    if (slash != std::string_view::npos) {
        const auto digits = text.substr(slash + 1);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
        if (error != std::errc{} || end != digits.data() + digits.size() || prefix > longest) {
            return fail(Fault::input, "\"" + std::string{text} +
                                          "\": expected a prefix length from 0 to " +
                                          std::to_string(longest));
        }
    }
    IpRange range;
    range.prefix_ = written_as_ipv4 ? mapped_bits + prefix : prefix;
    range.address_ = *address;
    clear_bits_from(range.address_, range.prefix_);
    return range;
}

bool IpRange::contains(const AddressBytes& address) const {
    // An IPv6 range wide enough to cover the mapped addresses (::/0) does not apply to IPv4.
    if (prefix_ < mapped_bits && is_ipv4(address)) {
        return false;
    }
    auto masked = address;
    clear_bits_from(masked, prefix_);
    return masked == address_;
}

bool is_loopback(const AddressBytes& address) {
    if (is_ipv4(address)) {
        return address[mapped.size()] == 127;
    }
    constexpr AddressBytes loopback{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    return address == loopback;
}

bool is_localhost(std::string_view name) {
    constexpr std::string_view localhost = "localhost";
    if (name.ends_with('.')) {
        name.remove_suffix(1);
    }
    if (name.size() < localhost.size() ||
        !equal_ignoring_case(name.substr(name.size() - localhost.size()), localhost)) {
        return false;
    }
    name.remove_suffix(localhost.size());
    return name.empty() || (name.ends_with('.') && !name.starts_with('.') &&
                            name.find("..") == std::string_view::npos);
}

} // namespace common

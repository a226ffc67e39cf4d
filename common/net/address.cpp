#include "common/net/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

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

} // namespace

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

} // namespace common

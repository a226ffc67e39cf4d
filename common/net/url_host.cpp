#include "common/net/url_host.hpp"

#include "common/base/ascii.hpp"
#include "common/net/idna.hpp"
#include "common/net/url_text.hpp"
#include "common/text/invalid.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

namespace common {

namespace {

constexpr std::size_t longest_name = 253;
constexpr const char* name_characters = R"(letters, digits, "-", "." and "_")";

// The characters of names that resolve. Others, percent-encoded or not, could only confuse a header
// or a log line.
bool is_name_char(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_';
}

bool is_ascii(char c) {
    return static_cast<unsigned char>(c) < 0x80U;
}

/// One advice: the name that works, where it is known, else how such a name is written.
std::string ascii_name_wanted(std::string_view name, bool may_be_secret) {
    const auto form = may_be_secret ? std::nullopt : to_ascii_name(name);
    return form && read_name_or_ipv4(*form, {*form})
               ? "write the host as " + *form
               : "write the host in its ASCII form, which begins with xn--";
}

std::vector<std::string_view> parts_of(std::string_view name) {
    std::vector<std::string_view> parts;
    if (name.ends_with('.')) {
        name.remove_suffix(1);
    }
    for (;;) {
        const auto dot = name.find('.');
        parts.push_back(name.substr(0, dot));
        if (dot == std::string_view::npos) {
            return parts;
        }
        name.remove_prefix(dot + 1);
    }
}

/// "10", "0x0a" and "012" are the same number, as for inet_aton().
std::optional<std::uint64_t> ipv4_number(std::string_view text) {
    int base = 10;
    if (text.starts_with("0x")) {
        base = 16;
        text.remove_prefix(2);
    } else if (text.size() > 1 && text.front() == '0') {
        base = 8;
        text.remove_prefix(1);
    } else if (text.empty()) {
        return std::nullopt;
    }
    if (text.empty()) {
        return 0;
    }
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{number}
                                                                    : std::nullopt;
}

bool ends_in_number(const std::vector<std::string_view>& parts) {
    const auto last = parts.back();
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    return !last.empty() && (std::ranges::all_of(last, is_digit) ||
                             (last.starts_with("0x") && ipv4_number(last).has_value()));
}

/// The last number fills all bytes that are left: 127.1 is 127.0.0.1.
std::optional<std::string> ipv4_in(const std::vector<std::string_view>& parts) {
    if (parts.size() > 4) {
        return std::nullopt;
    }
    std::uint64_t address = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const bool last = i + 1 == parts.size();
        const auto bits = last ? 8 * (4 - i) : 8;
        const auto number = ipv4_number(parts[i]);
        if (!number || *number >> bits != 0) {
            return std::nullopt;
        }
        address = address << bits | *number;
    }
    std::string text;
    for (const auto shift : {24U, 16U, 8U, 0U}) {
        text += (text.empty() ? "" : ".") + std::to_string(address >> shift & 0xFFU);
    }
    return text;
}

} // namespace

Result<std::string> read_name_or_ipv4(std::string_view text, const HostPlace& place) {
    auto decoded = url_text::decode(text);
    const auto& from = decoded.from;
    auto name = ascii_lower(std::move(decoded.text));
    const auto at = [&](std::size_t i) {
        const auto character =
            is_ascii(name[i])
                ? std::string_view{name}.substr(i, 1)
                : std::string_view{name}.substr(i, utf8_length(std::string_view{name}.substr(i)));
        return "URL host: " + url_text::character_at(place.whole, place.begin + from[i], character);
    };
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (is_ascii(name[i]) && !is_name_char(name[i])) {
            return fail(Fault::input, at(i) + ": expected " + name_characters);
        }
    }
    if (const auto other = std::ranges::find_if_not(name, is_ascii); other != name.end()) {
        return fail(Fault::input,
                    at(static_cast<std::size_t>(other - name.begin())) +
                        " is not ASCII: " + ascii_name_wanted(name, place.may_be_secret));
    }
    if (name.size() > longest_name) {
        return fail(Fault::input, invalid("URL host", std::to_string(name.size()) + " characters",
                                          "at most " + std::to_string(longest_name)));
    }
    const auto parts = parts_of(name);
    if (!ends_in_number(parts)) {
        return name;
    }
    auto ipv4 = ipv4_in(parts);
    if (!ipv4) {
        return fail(Fault::input,
                    invalid("URL host", place.may_be_secret ? "(not shown)" : name,
                            "an IPv4 address such as 192.168.0.10, because a host that ends in a "
                            "number is one"));
    }
    return *ipv4;
}

Result<std::string> read_ipv6(std::string_view text, const HostPlace& place) {
    const auto at = [&](std::size_t i) {
        return url_text::character_at(place.whole, place.begin + i,
                                      text.substr(i, utf8_length(text.substr(i))));
    };
    if (const auto zone = text.find('%'); zone != std::string_view::npos) {
        return fail(Fault::input, "URL host: " + at(zone) +
                                      " begins the zone of an IPv6 address, which URLs cannot "
                                      "have: expected a name, or an address without a zone such "
                                      "as [fd00::10]");
    }
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto lower = ascii_lower(text[i]);
        const bool hex = (lower >= '0' && lower <= '9') || (lower >= 'a' && lower <= 'f');
        if (!hex && lower != ':' && lower != '.') {
            return fail(Fault::input, "URL host: " + at(i) +
                                          ": expected an IPv6 address between the brackets, such "
                                          "as [fd00::10]");
        }
    }
    const std::string terminated{text};
    std::array<std::uint8_t, 16> bytes{};
    std::array<char, INET6_ADDRSTRLEN> shown{};
    if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) != 1 ||
        ::inet_ntop(AF_INET6, bytes.data(), shown.data(), shown.size()) == nullptr) {
        return fail(Fault::input, invalid("URL host", "[" + terminated.substr(0, 64) + "]",
                                          "an IPv6 address such as [fd00::10]"));
    }
    std::string canonical{shown.data()};
    if (canonical.find('.') != std::string::npos) { // ::ffff:10.0.0.1
        canonical.resize(canonical.rfind(':') + 1);
        for (const auto i : {12U, 14U}) {
            std::array<char, 8> group{};
            std::snprintf(group.data(), group.size(), "%s%x", i == 12U ? "" : ":",
                          static_cast<unsigned>(bytes[i]) << 8U | bytes[i + 1]);
            canonical += group.data();
        }
    }
    return canonical;
}

} // namespace common

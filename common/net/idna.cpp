#include "common/net/idna.hpp"

#include "common/net/url_text.hpp"

#include <algorithm>
#include <cstdint>

namespace common {

namespace {

constexpr std::size_t longest_label = 63;

/// The letter in lower case; nothing where that is not beyond doubt.
std::optional<char32_t> plain_letter(char32_t letter) {
    if (letter < 0x80) {
        return letter;
    }
    const auto within = [&](char32_t first, char32_t last) {
        return letter >= first && letter <= last;
    };
    const bool sign = letter == 0xD7 || letter == 0xF7; // multiplication and division
    if (within(0xC0, 0xDE) && !sign) {
        return letter + 0x20;
    }
    // Not the Greek final sigma (below) and the German sharp s, which older clients map to other
    // letters.
    if (within(0xE0, 0xFF) && !sign) {
        return letter;
    }
    if (within(0x391, 0x3A9) && letter != 0x3A2) {
        return letter + 0x20;
    }
    if ((within(0x3AC, 0x3CE) && letter != 0x3B0 && letter != 0x3C2)) {
        return letter;
    }
    if (within(0x400, 0x40F)) {
        return letter + 0x50;
    }
    if (within(0x410, 0x42F)) {
        return letter + 0x20;
    }
    if (within(0x430, 0x45F) || letter == 0x491 || within(0x4E00, 0x9FA5)) {
        return letter;
    }
    return letter == 0x490 ? std::optional<char32_t>{0x491} : std::nullopt;
}

/// RFC 3492 section 6.1.
std::uint32_t adapted(std::uint32_t delta, std::uint32_t points, bool first) {
    delta = first ? delta / 700 : delta / 2;
    delta += delta / points;
    std::uint32_t k = 0;
    for (; delta > 455; delta /= 35) {
        k += 36;
    }
    return k + 36 * delta / (delta + 38);
}

/// RFC 3492 section 6.3. A label is short, so that nothing overflows.
std::string punycode(const std::u32string& label) {
    const auto digit = [](std::uint32_t value) {
        return static_cast<char>(value < 26 ? 'a' + value : '0' + (value - 26));
    };
    std::string encoded;
    for (const auto letter : label) {
        if (letter < 0x80) {
            encoded += static_cast<char>(letter);
        }
    }
    const auto basic = static_cast<std::uint32_t>(encoded.size());
    auto handled = basic;
    if (basic > 0) {
        encoded += '-';
    }
    std::uint32_t n = 0x80;
    std::uint32_t delta = 0;
    std::uint32_t bias = 72;
    while (handled < label.size()) {
        char32_t next = 0x10FFFF;
        for (const auto letter : label) {
            if (letter >= n) {
                next = std::min(next, letter);
            }
        }
        delta += (next - n) * (handled + 1);
        n = next;
        for (const auto letter : label) {
            if (letter < n) {
                ++delta;
            } else if (letter == n) {
                auto rest = delta;
                for (std::uint32_t k = 36;; k += 36) {
                    const auto threshold = k <= bias ? 1U : k >= bias + 26 ? 26U : k - bias;
                    if (rest < threshold) {
                        break;
                    }
                    encoded += digit(threshold + (rest - threshold) % (36 - threshold));
                    rest = (rest - threshold) / (36 - threshold);
                }
                encoded += digit(rest);
                bias = adapted(delta, handled + 1, handled == basic);
                delta = 0;
                ++handled;
            }
        }
        ++delta;
        ++n;
    }
    return encoded;
}

} // namespace

std::optional<std::string> to_ascii_name(std::string_view name) {
    std::string ascii;
    std::u32string label;
    bool beyond_ascii = false;
    const auto end_label = [&] {
        const bool plain = std::ranges::all_of(label, [](char32_t one) { return one < 0x80; });
        beyond_ascii = beyond_ascii || !plain;
        const auto text =
            plain ? std::string(label.begin(), label.end()) : "xn--" + punycode(label);
        const bool fits = text.size() <= longest_label &&
                          !(!plain && (label.front() == U'-' || label.back() == U'-'));
        ascii += text;
        label.clear();
        return fits;
    };
    for (const auto letter : url_text::code_points(name)) {
        if (letter == U'.') {
            if (!end_label()) {
                return std::nullopt;
            }
            ascii += '.';
            continue;
        }
        const auto plain = plain_letter(letter);
        if (!plain || label.size() > longest_label) {
            return std::nullopt;
        }
        label += *plain;
    }
    return end_label() && beyond_ascii ? std::optional{ascii} : std::nullopt;
}

} // namespace common

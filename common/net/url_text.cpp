#include "common/net/url_text.hpp"

#include "common/base/ascii.hpp"

#include <array>
#include <cstdio>
#include <optional>

namespace common::url_text {

namespace {

std::optional<unsigned> hex_digit(char c) {
    const char lower = ascii_lower(c);
    if (c >= '0' && c <= '9') {
        return static_cast<unsigned>(c - '0');
    }
    return lower >= 'a' && lower <= 'f' ? std::optional{static_cast<unsigned>(lower - 'a') + 10U}
                                        : std::nullopt;
}

std::string encode(std::string_view text, std::string_view reserved) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string encoded;
    encoded.reserve(text.size());
    for (const auto c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20U && byte < 0x7FU && reserved.find(c) == std::string_view::npos) {
            encoded += c;
        } else {
            encoded += {'%', digits[byte >> 4U], digits[byte & 0xFU]};
        }
    }
    return encoded;
}

/// Whether a person sees the character, where it stands and in which order.
bool visible(char32_t letter) {
    const bool control = letter <= 0x20 || (letter >= 0x7F && letter <= 0xA0) || letter == 0xAD;
    const bool format = (letter >= 0x200B && letter <= 0x200F) ||
                        (letter >= 0x2028 && letter <= 0x202E) ||
                        (letter >= 0x2060 && letter <= 0x206F) || letter == 0xFEFF;
    const bool combining = letter >= 0x300 && letter <= 0x36F;
    return !control && !format && !combining && letter != 0xFFFD;
}

std::string described(std::string_view character) {
    if (character == " ") {
        return "a space";
    }
    const auto letter = code_points(character).front();
    if (visible(letter)) {
        return '"' + std::string{character} + '"';
    }
    if (letter == 0xFFFD) {
        return "a byte that is not UTF-8";
    }
    std::array<char, 16> code{};
    std::snprintf(code.data(), code.size(), "U+%04X", static_cast<unsigned>(letter));
    return code.data();
}

} // namespace

Decoded decode(std::string_view text) {
    Decoded decoded;
    for (std::size_t i = 0; i < text.size(); ++i) {
        decoded.from.push_back(i);
        const bool encoded = text[i] == '%' && i + 2 < text.size();
        const auto high = encoded ? hex_digit(text[i + 1]) : std::nullopt;
        const auto low = encoded ? hex_digit(text[i + 2]) : std::nullopt;
        if (high && low) {
            decoded.text += static_cast<char>(static_cast<unsigned char>(*high * 16 + *low));
            i += 2;
        } else {
            decoded.text += text[i];
        }
    }
    return decoded;
}

std::string encode_path(std::string_view text) {
    return encode(text, "\"#<>?^`{}");
}

std::string encode_query(std::string_view text) {
    return encode(text, "\"#<>'");
}

std::u32string code_points(std::string_view text) {
    std::u32string letters;
    while (!text.empty()) {
        const auto length = utf8_length(text);
        const auto first = static_cast<unsigned char>(text.front());
        const std::size_t wanted = first < 0x80U                      ? 1
                                   : first >= 0xC2U && first < 0xE0U  ? 2
                                   : first >= 0xE0U && first < 0xF0U  ? 3
                                   : first >= 0xF0U && first <= 0xF4U ? 4
                                                                      : 0;
        if (wanted == 0 || length < wanted) {
            letters.push_back(U'\uFFFD');
            text.remove_prefix(1);
            continue;
        }
        char32_t letter = wanted == 1 ? first : first & (0x7FU >> wanted);
        for (std::size_t i = 1; i < wanted; ++i) {
            letter = (letter << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
        }
        letters.push_back(letter);
        text.remove_prefix(wanted);
    }
    return letters;
}

std::string character_at(std::string_view whole, std::size_t byte, std::string_view character) {
    return described(character) + " at character " +
           std::to_string(code_points(whole.substr(0, byte)).size() + 1);
}

} // namespace common::url_text

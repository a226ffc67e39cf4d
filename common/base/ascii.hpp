// ASCII and UTF-8 helpers that do not depend on the locale. Pure.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace common {

constexpr char ascii_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

inline std::string ascii_lower(std::string text) {
    for (auto& c : text) {
        c = ascii_lower(c);
    }
    return text;
}

constexpr bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return ascii_lower(x) == ascii_lower(y); });
}

/// `text` without the characters of `blanks` at both ends.
constexpr std::string_view trim(std::string_view text, std::string_view blanks = " \t\r\n") {
    const auto first = text.find_first_not_of(blanks);
    return first == std::string_view::npos
               ? std::string_view{}
               : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Whether the byte is a continuation byte of UTF-8.
constexpr bool continues_utf8(char byte) {
    return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

/// Length in bytes of the UTF-8 character at the beginning of `text`; 0 if `text` is empty.
constexpr std::size_t utf8_length(std::string_view text) {
    std::size_t length = text.empty() ? 0 : 1;
    while (length < text.size() && continues_utf8(text[length])) {
        ++length;
    }
    return length;
}

/// Whether `text` begins with a C1 control character (U+0080 to U+009F).
constexpr bool begins_with_c1(std::string_view text) {
    return text.size() > 1 && static_cast<unsigned char>(text[0]) == 0xC2U &&
           static_cast<unsigned char>(text[1]) >= 0x80U &&
           static_cast<unsigned char>(text[1]) < 0xA0U;
}

} // namespace common

#include "common/base/printable.hpp"

#include "common/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>

namespace common {

namespace {

struct Letter {
    std::uint32_t code = 0;
    std::size_t size = 1; ///< in bytes
    bool valid = false;   ///< otherwise one byte that is not UTF-8
};

/// The first character of `text`, which is not empty (RFC 3629: no surrogates, nothing overlong).
Letter first_letter(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const std::uint32_t lead = byte(0);
    if (lead < 0x80) {
        return {lead, 1, true};
    }
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) {
        return {lead, 1, false};
    }
    auto code = lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if (!continues_utf8(text[i])) {
            return {lead, 1, false};
        }
        code = (code << 6U) | (byte(i) & 0x3FU);
    }
    constexpr std::array<std::uint32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
    const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
    if (code < least.at(size) || code > 0x10FFFF || surrogate) {
        return {lead, 1, false};
    }
    return {code, size, true};
}

bool is_dangerous(std::uint32_t code) {
    const auto within = [code](std::uint32_t first, std::uint32_t last) {
        return code >= first && code <= last;
    };
    return code < 0x20 || within(0x7F, 0x9F) || code == 0x061C || within(0x200E, 0x200F) ||
           within(0x2028, 0x202E) || within(0x2066, 0x2069);
}

void append_escape(std::string& out, const Letter& letter) {
    if (letter.code == '\n' || letter.code == '\r' || letter.code == '\t') {
        out += letter.code == '\n' ? "\\n" : letter.code == '\r' ? "\\r" : "\\t";
        return;
    }
    std::array<char, 16> escape{};
    const bool byte = !letter.valid || letter.code < 0x20;
    std::snprintf(escape.data(), escape.size(), byte ? "\\x%02x" : "\\u%04x",
                  static_cast<unsigned>(letter.code));
    out += escape.data();
}

std::string escaped(std::string_view text, bool keep_line_breaks) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const auto letter = first_letter(text);
        const bool kept = letter.valid &&
                          (!is_dangerous(letter.code) || (keep_line_breaks && letter.code == '\n'));
        if (kept) {
            out.append(text.substr(0, letter.size));
        } else {
            append_escape(out, letter);
        }
        text.remove_prefix(letter.size);
    }
    return out;
}

} // namespace

std::string printable(std::string_view text) {
    return escaped(text, false);
}

std::string printable_lines(std::string_view text) {
    return escaped(text, true);
}

bool needs_escapes(std::string_view text) {
    while (!text.empty()) {
        const auto letter = first_letter(text);
        if (!letter.valid || is_dangerous(letter.code)) {
            return true;
        }
        text.remove_prefix(letter.size);
    }
    return false;
}

} // namespace common

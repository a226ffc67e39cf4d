#include "agent/webhooks/plate_hint.hpp"

#include "common/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace agent {

namespace {

/// `text` is valid UTF-8: it comes from a JSON parser.
std::u32string letters_of(std::string_view text) {
    std::u32string letters;
    for (const auto c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (common::continues_utf8(c) && !letters.empty()) {
            letters.back() = (letters.back() << 6U) | (byte & 0x3FU);
        } else {
            letters.push_back(byte >= 0xF0   ? byte & 0x07U
                              : byte >= 0xE0 ? byte & 0x0FU
                              : byte >= 0xC0 ? byte & 0x1FU
                                             : byte);
        }
    }
    return letters;
}

std::string utf8(char32_t letter) {
    const auto byte = [](char32_t bits) {
        return static_cast<char>(static_cast<unsigned char>(bits));
    };
    if (letter < 0x80) {
        return {byte(letter)};
    }
    // Every letter with a look-alike is below U+0800.
    return {byte(0xC0U | (letter >> 6U)), byte(0x80U | (letter & 0x3FU))};
}

char32_t latin(char32_t letter) {
    constexpr std::u32string_view cyrillic = U"АВЕКМНОРСТУХІЈЅавекмнорстухіјѕ";
    constexpr std::u32string_view lookalike = U"ABEKMHOPCTYXIJSabekmhopctyxijs";
    const auto at = cyrillic.find(letter);
    return at == std::u32string_view::npos ? letter : lookalike[at];
}

char32_t upper(char32_t letter) {
    const bool small = (letter >= U'a' && letter <= U'z') || (letter >= U'а' && letter <= U'я');
    return small ? letter - 0x20 : letter >= U'ѐ' && letter <= U'џ' ? letter - 0x50 : letter;
}

bool separates(char32_t letter) {
    constexpr std::u32string_view signs = U" \t-\u00A0\u2010\u2011\u2012\u2013\u2014\u2212";
    return signs.find(letter) != std::u32string_view::npos;
}

/// The differences to ignore.
struct Ignored {
    bool lookalikes, letter_case, separators;
};

std::u32string normalized(std::u32string letters, const Ignored& ignored) {
    if (ignored.separators) {
        std::erase_if(letters, separates);
    }
    for (auto& letter : letters) {
        letter = ignored.lookalikes ? latin(letter) : letter;
        letter = ignored.letter_case ? upper(letter) : letter;
    }
    return letters;
}

std::string describe(char32_t letter) {
    std::array<char, 16> code{};
    std::snprintf(code.data(), code.size(), "U+%04X", static_cast<unsigned>(letter));
    return utf8(letter) + " is " + code.data() + (letter < 0x80 ? " LATIN" : " CYRILLIC");
}

std::string first_lookalike(const std::u32string& wanted, const std::u32string& found,
                            bool ignore_separators) {
    const Ignored ignored{false, false, ignore_separators};
    const auto theirs = normalized(found, ignored);
    const auto ours = normalized(wanted, ignored);
    const auto [there, here] = std::ranges::mismatch(theirs, ours, {}, upper, upper);
    return "look-alike letters (found " + describe(*there) + ", wanted " + describe(*here) + ")";
}

} // namespace

std::string plate_hint(std::string_view wanted_text, std::string_view found_text) {
    const auto wanted = letters_of(wanted_text);
    const auto found = letters_of(found_text);
    // Fewest kinds of differences first, so that only real differences are named.
    constexpr std::array<Ignored, 7> candidates{{{true, false, false},
                                                 {false, true, false},
                                                 {false, false, true},
                                                 {true, true, false},
                                                 {true, false, true},
                                                 {false, true, true},
                                                 {true, true, true}}};
    const auto* match = std::ranges::find_if(candidates, [&](const Ignored& ignored) {
        return normalized(wanted, ignored) == normalized(found, ignored);
    });
    if (wanted == found || match == candidates.end()) {
        return {};
    }
    std::string differences;
    const auto add = [&](const std::string& what) {
        differences += (differences.empty() ? "" : " and ") + what;
    };
    if (match->lookalikes) {
        add(first_lookalike(wanted, found, match->separators));
    }
    if (match->letter_case) {
        add("upper and lower case");
    }
    if (match->separators) {
        add("spaces or hyphens");
    }
    return "the plates differ only in " + differences;
}

} // namespace agent

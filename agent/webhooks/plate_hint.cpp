#include "agent/webhooks/plate_hint.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>

namespace agent {

namespace {

/// `text` is UTF-8 that a JSON parser has let pass.
std::u32string letters_of(std::string_view text) {
    std::u32string letters;
    for (const auto c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if ((byte & 0xC0U) == 0x80U && !letters.empty()) {
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
    return {byte(0xC0U | (letter >> 6U)),
            byte(0x80U | (letter & 0x3FU))}; // every letter shown is below U+0800
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

/// What is not to count as a difference.
struct Blind {
    bool lookalikes, case_of_letters, separators;
};

std::u32string seen(std::u32string letters, const Blind& blind) {
    if (blind.separators) {
        std::erase_if(letters, separates);
    }
    for (auto& letter : letters) {
        letter = blind.lookalikes ? latin(letter) : letter;
        letter = blind.case_of_letters ? upper(letter) : letter;
    }
    return letters;
}

std::string described(char32_t letter) {
    std::array<char, 16> code{};
    std::snprintf(code.data(), code.size(), "U+%04X", static_cast<unsigned>(letter));
    return utf8(letter) + " is " + code.data() + (letter < 0x80 ? " LATIN" : " CYRILLIC");
}

std::string first_lookalike(const std::u32string& wanted, const std::u32string& found,
                            bool blind_to_separators) {
    const Blind blind{false, false, blind_to_separators};
    const auto theirs = seen(found, blind);
    const auto ours = seen(wanted, blind);
    const auto [there, here] = std::ranges::mismatch(theirs, ours, {}, upper, upper);
    return "look-alike letters (found " + described(*there) + ", wanted " + described(*here) + ")";
}

} // namespace

std::string plate_hint(std::string_view wanted_text, std::string_view found_text) {
    const auto wanted = letters_of(wanted_text);
    const auto found = letters_of(found_text);
    // Fewest differences first, so that only those are named that are there.
    constexpr std::array<Blind, 7> ways{{{true, false, false},
                                         {false, true, false},
                                         {false, false, true},
                                         {true, true, false},
                                         {true, false, true},
                                         {false, true, true},
                                         {true, true, true}}};
    const auto* way = std::ranges::find_if(
        ways, [&](const Blind& blind) { return seen(wanted, blind) == seen(found, blind); });
    if (wanted == found || way == ways.end()) {
        return {};
    }
    std::string differences;
    const auto add = [&](const std::string& what) {
        differences += (differences.empty() ? "" : " and ") + what;
    };
    if (way->lookalikes) {
        add(first_lookalike(wanted, found, way->separators));
    }
    if (way->case_of_letters) {
        add("upper and lower case");
    }
    if (way->separators) {
        add("spaces or hyphens");
    }
    return "the plates differ only in " + differences;
}

} // namespace agent

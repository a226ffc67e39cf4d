// The ASCII form of a host name says the same name: decoded, it has that form again. Where a
// message advises to write it, it is the host of a URL.

#include "common/base/ascii.hpp"
#include "common/net/idna.hpp"
#include "common/net/url.hpp"
#include "test/fuzz/target.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace {

using fuzz::require;

/// RFC 3492 section 6.2, which shares nothing with the encoder but the numbers of the RFC.
std::u32string decoded(std::string_view text) {
    const auto hyphen = text.rfind('-');
    std::u32string letters;
    if (hyphen != std::string_view::npos) {
        letters.assign(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(hyphen));
        text.remove_prefix(hyphen + 1);
    }
    std::uint32_t letter = 128;
    std::uint32_t place = 0;
    std::uint32_t bias = 72;
    while (!text.empty()) {
        const auto before = place;
        std::uint32_t weight = 1;
        for (std::uint32_t k = 36;; k += 36) {
            require(!text.empty(), "a number is whole");
            const auto c = static_cast<std::uint32_t>(text.front());
            const auto digit = c >= 'a' ? c - 'a' : c - '0' + 26;
            text.remove_prefix(1);
            place += digit * weight;
            const auto threshold = k <= bias ? 1U : std::min(k - bias, 26U);
            if (digit < threshold) {
                break;
            }
            weight *= 36 - threshold;
        }
        const auto count = static_cast<std::uint32_t>(letters.size()) + 1;
        auto delta = before == 0 ? place / 700 : (place - before) / 2;
        delta += delta / count;
        bias = 0;
        for (; delta > 455; delta /= 35) {
            bias += 36;
        }
        bias += 36 * delta / (delta + 38);
        letter += place / count;
        place %= count;
        letters.insert(place, 1, letter);
        ++place;
    }
    return letters;
}

std::string utf8(const std::u32string& letters) {
    std::string text;
    for (const auto letter : letters) {
        const auto tail = [&](unsigned shift) {
            return static_cast<char>(0x80U | (letter >> shift & 0x3FU));
        };
        if (letter < 0x80) {
            text += static_cast<char>(letter);
        } else if (letter < 0x800) {
            text.append({static_cast<char>(0xC0U | letter >> 6U), tail(0)});
        } else {
            text.append({static_cast<char>(0xE0U | letter >> 12U), tail(6), tail(0)});
        }
    }
    return text;
}

std::vector<std::string_view> labels_of(std::string_view name) {
    std::vector<std::string_view> labels;
    for (;;) {
        const auto end = name.find('.');
        labels.push_back(name.substr(0, end));
        if (end == std::string_view::npos) {
            return labels;
        }
        name.remove_prefix(end + 1);
    }
}

void convert(std::string_view bytes) {
    const auto name = common::ascii_lower(std::string{bytes});
    const auto ascii = common::to_ascii_name(name);
    if (!ascii) {
        return;
    }
    require(
        std::ranges::all_of(*ascii, [](char c) { return static_cast<unsigned char>(c) < 0x80; }),
        "an ASCII form is ASCII");
    const auto labels = labels_of(*ascii);
    const auto given = labels_of(name);
    require(labels.size() == given.size(), "with as many labels");
    std::string again;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        require(labels[i].size() <= 63, "a label has 63 bytes at most");
        again += i == 0 ? "" : ".";
        again +=
            labels[i] == given[i] ? std::string{labels[i]} : utf8(decoded(labels[i].substr(4)));
    }
    require(common::to_ascii_name(again) == ascii, "the name that it stands for has this form");
    const auto refused = common::parse_url("http://" + name + "/");
    if (!refused && refused.error().message.ends_with(" write the host as " + *ascii)) {
        const auto url = common::parse_url("http://" + *ascii + "/");
        require(url && url->host == *ascii, "advice can be followed");
    }
}

const fuzz::Registered registered{{"idna", convert}};

} // namespace

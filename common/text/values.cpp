#include "common/text/values.hpp"

#include "common/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <span>

namespace common {

namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::array<Unit, 5> duration_units{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};
constexpr std::array<Unit, 4> size_units{
    {{"GiB", 1ULL << 30}, {"MiB", 1ULL << 20}, {"KiB", 1ULL << 10}, {"", 1}}};

// The number times its unit; nothing when the text has another form or exceeds `most`.
std::optional<std::uint64_t> read_quantity(std::string_view text, std::span<const Unit> units,
                                           std::uint64_t most) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{}) {
        return std::nullopt;
    }
    const std::string_view name{end, static_cast<std::size_t>(text.data() + text.size() - end)};
    const auto unit = std::ranges::find(units, name, &Unit::name);
    if (number == 0 && name.empty()) {
        return 0;
    }
    if (unit == units.end() || number > most / unit->factor) {
        return std::nullopt;
    }
    return number * unit->factor;
}

} // namespace

Result<Millis> parse_duration(std::string_view text) {
    // A century: longer than any useful wait, and sums of such spans still fit.
    constexpr std::uint64_t most = 36'500ULL * 86'400'000ULL;
    const auto millis = read_quantity(text, duration_units, most);
    if (!millis) {
        return fail(Fault::input, "expected a whole number with a unit (ms, s, m, h, d), such as "
                                  "250ms, 10s or 7d, or 0");
    }
    return Millis{static_cast<Millis::rep>(*millis)};
}

Result<std::uint64_t> parse_size(std::string_view text) {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    const auto bytes = read_quantity(text, size_units, most);
    if (!bytes) {
        return fail(Fault::input, "expected a whole number of bytes or one with a unit (KiB, MiB, "
                                  "GiB), such as 512KiB or 1GiB");
    }
    return *bytes;
}

std::vector<std::string> parse_list(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        if (const auto part = trim(text.substr(0, comma)); !part.empty()) {
            parts.emplace_back(part);
        }
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return parts;
}

bool glob_matches(std::string_view glob, std::string_view text) {
    // On a mismatch the last star matches one more character; earlier stars need no backtracking.
    std::optional<std::string_view> after_star;
    std::string_view star_text;
    while (!text.empty()) {
        if (!glob.empty() && glob[0] == '*') {
            glob.remove_prefix(1);
            after_star = glob;
            star_text = text;
        } else if (!glob.empty() && glob[0] == '?') {
            glob.remove_prefix(1);
            text.remove_prefix(utf8_length(text));
        } else if (!glob.empty() && glob[0] == text[0]) {
            glob.remove_prefix(1);
            text.remove_prefix(1);
        } else if (after_star) {
            star_text.remove_prefix(utf8_length(star_text));
            glob = *after_star;
            text = star_text;
        } else {
            return false;
        }
    }
    return glob.find_first_not_of('*') == std::string_view::npos;
}

std::string show_duration(Millis span) {
    for (const auto& unit : duration_units) {
        const auto factor = static_cast<Millis::rep>(unit.factor);
        if (span.count() != 0 && span.count() % factor == 0) {
            return std::to_string(span.count() / factor) + std::string{unit.name};
        }
    }
    return "0s";
}

} // namespace common

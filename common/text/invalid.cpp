#include "common/text/invalid.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace common {

namespace {

/// The number of characters to change, add or remove to turn one into the other (Levenshtein).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        auto diagonal = std::exchange(row[0], i + 1);
        for (std::size_t j = 0; j < b.size(); ++j) {
            const auto change = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = std::exchange(row[j + 1], std::min({row[j] + 1, row[j + 1] + 1, change}));
        }
    }
    return row.back();
}

} // namespace

std::string invalid(std::string_view what, std::string_view found, std::string_view expected) {
    std::string text{what};
    return text.append(" = ").append(found).append(": expected ").append(expected);
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
    std::string text;
    for (const auto& part : parts) {
        if (!text.empty()) {
            text += separator;
        }
        text += part;
    }
    return text;
}

std::string one_of(const std::vector<std::string>& names) {
    return "one of: " + joined(names, ", ");
}

std::string nearest(std::string_view typed, const std::vector<std::string>& known) {
    constexpr std::size_t max_length = 64;
    constexpr std::size_t max_distance = 2;
    if (typed.empty() || typed.size() > max_length || known.empty()) {
        return {};
    }
    const auto best = std::ranges::min_element(
        known, {}, [&](const std::string& name) { return distance(typed, name); });
    if (distance(typed, *best) <= max_distance) {
        return *best;
    }
    const auto longer = std::ranges::find_if(
        known, [&](const std::string& name) { return name.starts_with(typed); });
    return longer == known.end() ? std::string{} : *longer;
}

std::string unknown(std::string_view kind, std::string_view found,
                    const std::vector<std::string>& known) {
    const auto near = nearest(found, known);
    return "unknown " + std::string{kind} + " \"" + std::string{found} +
           "\": " + (near.empty() ? "" : "did you mean \"" + near + "\"? ") + "expected " +
           one_of(known);
}

} // namespace common

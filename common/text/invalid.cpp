#include "common/text/invalid.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace common {

namespace {

/// How many characters must be changed, added or removed to make one of the other (Levenshtein).
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

std::string one_of(const std::vector<std::string>& names) {
    std::string text = "one of: ";
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += (i == 0 ? "" : ", ") + names[i];
    }
    return text;
}

std::string nearest(std::string_view typed, const std::vector<std::string>& known) {
    constexpr std::size_t longest = 64;
    constexpr std::size_t near = 2;
    if (typed.empty() || typed.size() > longest || known.empty()) {
        return {};
    }
    const auto best = std::ranges::min_element(
        known, {}, [&](const std::string& name) { return distance(typed, name); });
    if (distance(typed, *best) <= near) {
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

#include "common/text/invalid.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace common {

namespace {

/// The number of bytes to change, add, remove or swap with the next to turn one into the other
/// (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::vector<std::size_t> next(b.size() + 1, i);
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const auto change = row[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, change});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                next[j] = std::min(next[j], before[j - 2] + 1);
            }
        }
        before = std::exchange(row, std::move(next));
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
    // Of a short word hardly anything is left after two changes.
    const std::size_t max_distance = typed.size() < 2 ? 0 : typed.size() < 4 ? 1 : 2;
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

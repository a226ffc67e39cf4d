#include "agent/store/delivery_id.hpp"

#include "agent/store/schema.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace agent {

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t unknown = 0;

bool is_digits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// The number that the digits write, or the greatest there is.
std::int64_t number_of(std::string_view digits) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} ? number : most;
}

} // namespace

std::string shown_delivery(std::int64_t id) {
    return std::to_string(id / deliveries_per_event) + "." +
           std::to_string(id % deliveries_per_event);
}

std::optional<std::int64_t> parse_delivery(std::string_view text) {
    const auto point = text.find('.');
    const auto whole = text.substr(0, point);
    if (!is_digits(whole)) {
        return std::nullopt;
    }
    const auto number = number_of(whole);
    if (point == std::string_view::npos) {
        return number == most ? unknown : number;
    }
    const auto after = text.substr(point + 1);
    if (!is_digits(after)) {
        return std::nullopt;
    }
    const auto place = number_of(after);
    const bool known = number < most / deliveries_per_event && place < deliveries_per_event;
    return known ? number * deliveries_per_event + place : unknown;
}

} // namespace agent

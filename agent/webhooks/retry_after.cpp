#include "agent/webhooks/retry_after.hpp"

#include "common/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <string_view>
#include <utility>

namespace agent {

namespace {

constexpr std::int64_t longest_s = 3600;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Removes and returns what is at the front and of that kind.
std::string_view take_while(std::string_view& text, bool (*kind)(char)) {
    const auto end = std::find_if_not(text.begin(), text.end(), kind);
    const auto taken = text.substr(0, static_cast<std::size_t>(end - text.begin()));
    text.remove_prefix(taken.size());
    return taken;
}

/// Seconds that local time is ahead of GMT, by the zone at the front of `text`: a word that means
/// one zone, an offset, or both. Any other word counts as GMT, which HTTP demands.
std::int64_t take_zone(std::string_view& text) {
    static constexpr std::array<std::pair<std::string_view, int>, 17> zones{{{"EST", -5},
                                                                             {"EDT", -4},
                                                                             {"CST", -6},
                                                                             {"CDT", -5},
                                                                             {"MST", -7},
                                                                             {"MDT", -6},
                                                                             {"PST", -8},
                                                                             {"PDT", -7},
                                                                             {"BST", 1},
                                                                             {"WEST", 1},
                                                                             {"CET", 1},
                                                                             {"CEST", 2},
                                                                             {"EET", 2},
                                                                             {"EEST", 3},
                                                                             {"MSK", 3},
                                                                             {"JST", 9},
                                                                             {"KST", 9}}};
    take_while(text, [](char c) { return c == ' '; });
    const auto word = take_while(text, is_letter);
    const auto known = std::find_if(zones.begin(), zones.end(),
                                    [&](const auto& one) { return one.first == word; });
    const std::int64_t hours = known == zones.end() ? 0 : known->second;
    if (text.empty() || (text.front() != '+' && text.front() != '-')) {
        return hours * 3600;
    }
    const bool west = text.front() == '-';
    text.remove_prefix(1);
    auto digits = std::string{take_while(text, is_digit)};
    if (text.starts_with(':')) {
        text.remove_prefix(1);
        digits += take_while(text, is_digit);
    }
    if (digits.size() != 2 && digits.size() != 4) {
        return hours * 3600;
    }
    const auto minutes = digits.size() == 4 ? std::stoi(digits.substr(2)) : 0;
    const std::int64_t ahead = std::stoi(digits.substr(0, 2)) * 3600 + minutes * 60;
    return west ? -ahead : ahead;
}

/// Seconds since 1970 of a date as ctime() and date(1) print it, with or without a zone before the
/// year: "Sun Nov  6 08:49:37 MSK 1994".
std::optional<std::int64_t> read_ctime(const std::string& text) {
    std::tm fields{};
    const char* end = ::strptime(text.c_str(), "%a %b %d %H:%M:%S", &fields);
    if (end == nullptr || *end != ' ') {
        return std::nullopt;
    }
    std::string_view rest{end};
    const auto ahead = take_zone(rest);
    end = ::strptime(std::string{common::trim(rest)}.c_str(), "%Y", &fields);
    return end == nullptr ? std::nullopt : std::optional{common::seconds_of(fields) - ahead};
}

/// Seconds since 1970 of a date: the three forms of RFC 9110 section 5.6.7 and those that the
/// libraries of common languages print.
std::optional<std::int64_t> read_date(std::string_view value) {
    const std::string text{value};
    if (const auto read = read_ctime(text)) {
        return read;
    }
    // %y before %Y, which would take a year of two digits as one of the first century.
    for (const char* form :
         {"%a, %d %b %Y %H:%M:%S", "%a, %d-%b-%y %H:%M:%S", "%a, %d-%b-%Y %H:%M:%S",
          "%a %b %d %Y %H:%M:%S", "%d %b %Y %H:%M:%S", "%d-%b-%y %H:%M:%S", "%Y-%m-%dT%H:%M:%S",
          "%Y-%m-%d %H:%M:%S", "%Y%m%dT%H%M%S"}) {
        std::tm fields{};
        const char* end = ::strptime(text.c_str(), form, &fields);
        if (end == nullptr) {
            continue;
        }
        std::string_view rest{end};
        if (!rest.empty() && is_digit(rest.front())) {
            continue; // in the middle of a number: another form
        }
        if (rest.starts_with('.')) {
            rest.remove_prefix(1);
            take_while(rest, is_digit);
        }
        return common::seconds_of(fields) - take_zone(rest);
    }
    return std::nullopt;
}

/// The number at the front, rounded up to a whole one.
std::optional<std::int64_t> read_seconds(std::string_view value) {
    if (value.starts_with('+')) {
        value.remove_prefix(1);
    }
    const auto whole = take_while(value, is_digit);
    if (whole.empty()) {
        return std::nullopt;
    }
    std::int64_t seconds = 0;
    for (const char digit : whole) {
        seconds = std::min<std::int64_t>(seconds * 10 + (digit - '0'), longest_s);
    }
    if (value.starts_with('.')) {
        value.remove_prefix(1);
        const auto fraction = take_while(value, is_digit);
        seconds += fraction.find_first_not_of('0') == fraction.npos ? 0 : 1;
    }
    return seconds;
}

/// Seconds from `now` to the date. Negative if it is past; nothing if `now` says nothing of it.
std::optional<std::int64_t> seconds_until(std::int64_t date, std::optional<std::int64_t> sent,
                                          const common::DeviceTime& now) {
    if (sent) {
        return date - *sent;
    }
    const auto ahead = date - now.seconds;
    return now.synchronised || (ahead > 0 && ahead <= longest_s) ? std::optional{ahead}
                                                                 : std::nullopt;
}

} // namespace

std::optional<common::Millis> retry_after(const common::Headers& headers,
                                          const common::DeviceTime& now) {
    const auto date = common::find_header(headers, "Date");
    const auto sent = date ? read_date(common::trim(*date)) : std::nullopt;
    std::optional<std::int64_t> longest;
    for (const auto& header : headers) {
        if (!common::equal_ignoring_case(header.name, "Retry-After")) {
            continue;
        }
        const auto value = common::trim(header.value, " \t\"");
        const auto then = read_date(value);
        const auto seconds = then ? seconds_until(*then, sent, now) : read_seconds(value);
        if (seconds) {
            longest = std::max(longest.value_or(0), std::min(*seconds, longest_s));
        }
    }
    return longest ? std::optional<common::Millis>{std::chrono::seconds{*longest}} : std::nullopt;
}

} // namespace agent

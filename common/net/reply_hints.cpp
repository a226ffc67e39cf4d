#include "common/net/reply_hints.hpp"

#include "common/base/ascii.hpp"
#include "common/net/url_text.hpp"
#include "common/text/invalid.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace common {

namespace {

constexpr std::size_t max_location = 200;
constexpr std::size_t max_schemes = 4;
constexpr std::size_t max_scheme = 32;
constexpr auto not_found = std::string_view::npos;

/// A text that parse_url() refuses may have a login too.
std::string without_login(std::string_view text) {
    std::string shown{text};
    const auto slashes = shown.find("//");
    if (slashes != std::string::npos) {
        const auto begin = slashes + 2;
        const auto end = std::min(shown.find('/', begin), shown.size());
        if (const auto at = shown.rfind('@', end); at != std::string::npos && at >= begin) {
            shown.erase(begin, at + 1 - begin);
        }
    }
    return shown;
}

/// The parts between commas that do not stand within quotes.
std::vector<std::string_view> split_list(std::string_view text) {
    std::vector<std::string_view> parts;
    bool quoted = false;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '\\' && quoted) {
            ++i;
        } else if (text[i] == '"') {
            quoted = !quoted;
        } else if (text[i] == ',' && !quoted) {
            parts.push_back(trim(text.substr(begin, i - begin)));
            begin = i + 1;
        }
    }
    parts.push_back(trim(text.substr(std::min(begin, text.size()))));
    return parts;
}

} // namespace

std::string shown_location(const Headers& headers) {
    const auto location = find_header(headers, "Location");
    if (!location) {
        return {};
    }
    const auto text = trim(location->substr(0, location->find('#')));
    const auto question = text.find('?');
    const auto place = text.substr(0, question);
    const auto url = parse_url(place);
    auto shown = url_text::encode_path(url ? url->shown() : without_login(place));
    if (shown.size() > max_location) {
        return shown.substr(0, max_location) + "...";
    }
    return shown + (question == not_found ? "" : "?...");
}

std::string asked_schemes(const Headers& headers) {
    std::vector<std::string> schemes;
    for (const auto& [name, value] : headers) {
        if (!equal_ignoring_case(name, "WWW-Authenticate")) {
            continue;
        }
        for (const auto part : split_list(value)) {
            // "Basic realm=..." begins a challenge, "charset=..." goes on with it.
            const auto scheme = part.substr(0, part.find_first_of(" \t"));
            const bool valid = scheme.size() <= max_scheme && valid_header(scheme, "");
            if (valid && schemes.size() < max_schemes &&
                std::ranges::find(schemes, scheme) == schemes.end()) {
                schemes.emplace_back(scheme);
            }
        }
    }
    return joined(schemes, ", ");
}

} // namespace common

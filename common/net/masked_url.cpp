#include "common/net/masked_url.hpp"

#include <algorithm>

namespace common {

namespace {

constexpr std::string_view login_mask = "***@";

/// Where the authority of a URL begins, or of what is meant to be one.
std::size_t authority_begin(std::string_view text) {
    const auto slashes = text.find("//");
    return slashes == std::string_view::npos ? 0 : slashes + 2;
}

/// Where the host begins, behind a login if there may be one.
std::size_t host_begin(std::string_view text) {
    // A raw slash, question mark or hash in a password ends the authority too early, so that the
    // last @ counts, wherever it stands.
    const auto begin = authority_begin(text);
    const auto at = text.rfind('@');
    return at == std::string_view::npos || at < begin ? begin : at + 1;
}

} // namespace

std::string masked_query(std::string_view query) {
    std::string masked;
    while (!query.empty()) {
        const auto end = std::min(query.find_first_of("&;"), query.size());
        const auto part = query.substr(0, end);
        const auto equals = part.find('=');
        if (equals != std::string_view::npos) {
            masked += part.substr(0, equals + 1);
        }
        const bool has_value =
            equals == std::string_view::npos ? !part.empty() : equals + 1 < part.size();
        masked += has_value ? "***" : "";
        masked += query.substr(end, 1);
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    return masked;
}

bool has_masked_query(std::string_view url) {
    const auto question = url.find('?');
    if (question == std::string_view::npos) {
        return false;
    }
    const auto query = url.substr(question + 1, url.find('#', question) - question - 1);
    return query.find("***") != std::string_view::npos && masked_query(query) == query;
}

std::string with_masked_login(std::string shown) {
    return shown.insert(authority_begin(shown), login_mask);
}

bool has_masked_login(std::string_view url) {
    return url.substr(authority_begin(url)).starts_with(login_mask);
}

bool may_have_login(std::string_view text) {
    return host_begin(text) != authority_begin(text);
}

std::string masked_text(std::string_view text) {
    std::string shown{text.substr(0, authority_begin(text))};
    text.remove_prefix(host_begin(text));
    text = text.substr(0, text.find('#'));
    const auto question = std::min(text.find('?'), text.size());
    shown += text.substr(0, question);
    return question == text.size() ? shown : shown + "?" + masked_query(text.substr(question + 1));
}

} // namespace common

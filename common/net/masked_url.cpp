#include "common/net/masked_url.hpp"

#include <algorithm>

namespace common {

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

std::string masked_text(std::string_view text) {
    // A raw slash, question mark or hash in a password ends the authority too early, so that the
    // last @ counts, wherever it stands.
    const auto slashes = text.find("//");
    const auto begin = slashes == std::string_view::npos ? 0 : slashes + 2;
    std::string shown{text.substr(0, begin)};
    const auto at = text.rfind('@');
    text.remove_prefix(at == std::string_view::npos || at < begin ? begin : at + 1);
    text = text.substr(0, text.find('#'));
    const auto question = std::min(text.find('?'), text.size());
    shown += text.substr(0, question);
    return question == text.size() ? shown : shown + "?" + masked_query(text.substr(question + 1));
}

} // namespace common

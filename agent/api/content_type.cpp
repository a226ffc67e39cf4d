#include "agent/api/content_type.hpp"

#include "common/base/ascii.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

/// Without blanks and quotes around it, in lower case.
std::string plain(std::string_view text) {
    return common::ascii_lower(std::string{common::trim(text, " \t\"")});
}

/// Removes the part up to the next semicolon from the front of `rest` and returns it.
std::string_view next_part(std::string_view& rest) {
    const auto part = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    return part;
}

tl::unexpected<common::Error> unsupported(std::string_view what, const std::string& found,
                                          std::string_view expected) {
    return common::fail(common::Fault::input,
                        common::invalid(what, common::shown(nlohmann::json(found)), expected));
}

common::Result<void> check_charset(std::string_view parameters) {
    while (!parameters.empty()) {
        const auto parameter = next_part(parameters);
        const auto equals = parameter.find('=');
        if (equals == std::string_view::npos || plain(parameter.substr(0, equals)) != "charset") {
            continue;
        }
        const auto charset = plain(parameter.substr(equals + 1));
        if (charset != "utf-8" && charset != "utf8") {
            return unsupported("Content-Type charset", charset, "UTF-8, as JSON always is");
        }
    }
    return {};
}

} // namespace

common::Result<BodyFormat> body_format(const common::Headers& headers) {
    const auto encoding = plain(common::find_header(headers, "Content-Encoding").value_or(""));
    if (!encoding.empty() && encoding != "identity") {
        return unsupported("Content-Encoding", encoding, "a body without compression");
    }
    auto rest = common::find_header(headers, "Content-Type").value_or("");
    const auto type = plain(next_part(rest));
    const bool lines = type == "application/x-ndjson" || type == "application/ndjson" ||
                       type == "application/jsonl";
    if (!type.empty() && !lines && type != "application/json") {
        return unsupported("Content-Type", type,
                           "application/json (one event or an array of events) or "
                           "application/x-ndjson (one event per line); with curl: "
                           "-H 'Content-Type: application/json'");
    }
    if (auto charset = check_charset(rest); !charset) {
        return common::fail(charset.error());
    }
    return lines ? BodyFormat::ndjson : BodyFormat::json;
}

} // namespace agent

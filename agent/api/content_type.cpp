#include "agent/api/content_type.hpp"

#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Fault;

std::string plain(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\"");
    if (first == std::string_view::npos) {
        return {};
    }
    std::string out{text.substr(first, text.find_last_not_of(" \t\"") - first + 1)};
    std::transform(out.begin(), out.end(), out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

/// Cut off the front of `rest`, up to the next semicolon.
std::string_view take_part(std::string_view& rest) {
    const auto part = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    return part;
}

common::Result<void> check_charset(std::string_view parameters) {
    while (!parameters.empty()) {
        const auto parameter = take_part(parameters);
        const auto equals = parameter.find('=');
        if (equals == std::string_view::npos || plain(parameter.substr(0, equals)) != "charset") {
            continue;
        }
        const auto charset = plain(parameter.substr(equals + 1));
        if (charset != "utf-8" && charset != "utf8") {
            return common::fail(Fault::input, "charset " + common::shown(nlohmann::json(charset)) +
                                                  " is not read: JSON is sent as UTF-8");
        }
    }
    return {};
}

} // namespace

common::Result<BodyFormat> body_format(const common::Headers& headers) {
    const auto encoding = plain(common::find_header(headers, "Content-Encoding").value_or(""));
    if (!encoding.empty() && encoding != "identity") {
        return common::fail(Fault::input,
                            "Content-Encoding " + common::shown(nlohmann::json(encoding)) +
                                " is not read: send the body as it is, without compression");
    }
    auto rest = common::find_header(headers, "Content-Type").value_or("");
    const auto type = plain(take_part(rest));
    const bool lines = type == "application/x-ndjson" || type == "application/ndjson" ||
                       type == "application/jsonl";
    if (!type.empty() && !lines && type != "application/json") {
        return common::fail(
            Fault::input,
            "Content-Type " + common::shown(nlohmann::json(type)) +
                " is not read: send application/json (one event or an array of events) or "
                "application/x-ndjson (one event a line); with curl: -H 'Content-Type: "
                "application/json'");
    }
    if (auto good = check_charset(rest); !good) {
        return common::fail(good.error());
    }
    return lines ? BodyFormat::ndjson : BodyFormat::json;
}

} // namespace agent

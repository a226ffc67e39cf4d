#include "agent/config/secrets.hpp"

#include "agent/config/text_file.hpp"
#include "common/base/ascii.hpp"
#include "common/base/crypto.hpp"
#include "common/text/plain_text.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::fail;
using common::Fault;
using common::Result;

struct Line {
    std::string place; ///< "password.txt:1: "
    std::string text;
};

/// The lines without blanks at their ends; blank ones are empty.
Result<std::vector<Line>> read_lines(const std::string& path, Warnings& warnings) {
    const auto text = read_text_file(path, most_of_a_secret);
    if (!text) {
        return fail(text.error());
    }
    std::vector<Line> lines;
    for (const auto whole : common::lines_of(*text)) {
        const auto line = common::without_blanks(whole);
        lines.push_back({path + ":" + std::to_string(lines.size() + 1) + ": ", std::string{line}});
        if (!line.empty() && line != whole) {
            warnings.push_back(lines.back().place +
                               "the blanks at the ends of the line are not part of the secret");
        }
    }
    return lines;
}

Result<Line> read_first_line(const std::string& path, Warnings& warnings) {
    Warnings of_all;
    auto lines = read_lines(path, of_all);
    if (!lines) {
        return fail(lines.error());
    }
    if (lines->empty() || lines->front().text.empty()) {
        return fail(Fault::input, path + ":1: expected a non-empty line");
    }
    auto& first = lines->front();
    if (!of_all.empty() && of_all.front().starts_with(first.place)) {
        warnings.push_back(of_all.front());
    }
    if (common::is_quoted(first.text)) {
        warnings.push_back(first.place + "the quotes are part of the secret");
    }
    return std::move(first);
}

bool set_by_the_agent(std::string_view name) {
    constexpr std::array<std::string_view, 5> own{"expect", "host", "te", "trailer", "upgrade"};
    const auto lower = common::ascii_lower(std::string{name});
    return common::is_framing_header(name) || lower.starts_with("webhook-") ||
           lower.starts_with("ffl-") || std::ranges::find(own, lower) != own.end();
}

} // namespace

bool is_utf8(std::string_view text) {
    try {
        (void)nlohmann::json(text).dump();
        return true;
    } catch (const nlohmann::json::type_error&) {
        return false;
    }
}

Result<std::string> read_password(const std::string& path, Warnings& warnings) {
    auto line = read_first_line(path, warnings);
    if (!line) {
        return fail(line.error());
    }
    if (!is_utf8(line->text)) {
        return fail(Fault::input, line->place + "expected UTF-8");
    }
    return std::move(line->text);
}

Result<std::string> read_token_file(const std::string& path, Warnings& warnings) {
    auto line = read_first_line(path, warnings);
    if (!line) {
        return fail(line.error());
    }
    if (!std::ranges::all_of(line->text, [](char c) { return c > ' ' && c < '\x7f'; })) {
        return fail(Fault::input, line->place + "expected printable ASCII without spaces");
    }
    return std::move(line->text);
}

Result<std::vector<std::string>> read_signing_keys(const std::string& path, Warnings& warnings) {
    constexpr std::string_view prefix = "whsec_";
    const std::string form = "whsec_ followed by base64 of 24 to 64 bytes";
    const auto lines = read_lines(path, warnings);
    if (!lines) {
        return fail(lines.error());
    }
    std::vector<std::string> keys;
    for (const auto& [place, text] : *lines) {
        if (text.empty()) {
            continue;
        }
        auto key = common::from_base64(
            std::string_view{text}.substr(std::min(prefix.size(), text.size())));
        if (!text.starts_with(prefix) || !key || key->size() < 24 || key->size() > 64) {
            return fail(Fault::input, place + "expected " + form);
        }
        keys.push_back(std::move(*key));
    }
    if (keys.empty()) {
        return fail(Fault::input, path + ": no secret found: expected lines of " + form);
    }
    return keys;
}

Result<common::Headers> read_header_lines(const std::string& path, Warnings& warnings) {
    const auto lines = read_lines(path, warnings);
    if (!lines) {
        return fail(lines.error());
    }
    common::Headers headers;
    for (const auto& [place, text] : *lines) {
        if (text.empty()) {
            continue;
        }
        const auto colon = text.find(':');
        if (colon == std::string::npos) {
            return fail(Fault::input, place + "expected Name: value");
        }
        common::Header header{text.substr(0, colon),
                              std::string{common::trim(std::string_view{text}.substr(colon + 1))}};
        if (!common::valid_header(header.name, header.value)) {
            return fail(Fault::input, place + "expected a name of letters, digits and '-', and a "
                                              "value without control characters");
        }
        if (set_by_the_agent(header.name)) {
            return fail(Fault::input,
                        place + header.name + " is set by the agent: expected other headers only");
        }
        headers.push_back(std::move(header));
    }
    return headers;
}

} // namespace agent

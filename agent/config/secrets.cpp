#include "agent/config/secrets.hpp"

#include "common/base/ascii.hpp"
#include "common/base/crypto.hpp"
#include "common/base/file.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <unistd.h>

namespace agent {

namespace {

using common::fail;
using common::Fault;
using common::Result;

struct Line {
    std::size_t number = 0;
    std::string text;
};

Result<std::string> read(const std::string& path) {
    auto text = common::read_file(path);
    if (!text) {
        return fail(Fault::config, text.error().message);
    }
    return text;
}

/// The trimmed lines, without blank ones.
Result<std::vector<Line>> read_lines(const std::string& path) {
    const auto text = read(path);
    if (!text) {
        return fail(text.error());
    }
    std::vector<Line> lines;
    std::string_view rest = *text;
    for (std::size_t number = 1; !rest.empty(); ++number) {
        const auto end = std::min(rest.find('\n'), rest.size());
        if (const auto line = common::trim(rest.substr(0, end)); !line.empty()) {
            lines.push_back({number, std::string{line}});
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return lines;
}

Result<std::string> read_first_line(const std::string& path) {
    auto text = read(path);
    if (!text) {
        return text;
    }
    text->resize(std::min(text->find('\n'), text->size()));
    if (text->ends_with('\r')) {
        text->pop_back();
    }
    if (text->empty()) {
        return fail(Fault::config, path + ":1: expected a non-empty line");
    }
    return text;
}

std::string at_line(const std::string& path, const Line& line) {
    return path + ":" + std::to_string(line.number) + ": ";
}

bool set_by_the_agent(std::string_view name) {
    constexpr std::array<std::string_view, 6> own{"expect", "ffl-attempt", "host",
                                                  "te",     "trailer",     "upgrade"};
    const auto lower = common::ascii_lower(std::string{name});
    return common::is_framing_header(name) || lower.starts_with("webhook-") ||
           std::ranges::find(own, lower) != own.end();
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

Result<std::string> read_password(const std::string& path) {
    auto password = read_first_line(path);
    if (password && !is_utf8(*password)) {
        return fail(Fault::config, path + ":1: expected UTF-8");
    }
    return password;
}

Result<std::string> read_token_file(const std::string& path) {
    auto token = read_first_line(path);
    if (token && !std::ranges::all_of(*token, [](char c) { return c > ' ' && c < '\x7f'; })) {
        return fail(Fault::config, path + ":1: expected printable ASCII without spaces");
    }
    return token;
}

Result<std::vector<std::string>> read_signing_keys(const std::string& path) {
    constexpr std::string_view prefix = "whsec_";
    const std::string form = "whsec_ followed by base64 of 24 to 64 bytes";
    const auto lines = read_lines(path);
    if (!lines) {
        return fail(lines.error());
    }
    std::vector<std::string> keys;
    for (const auto& line : *lines) {
        auto key = common::from_base64(
            std::string_view{line.text}.substr(std::min(prefix.size(), line.text.size())));
        if (!line.text.starts_with(prefix) || !key || key->size() < 24 || key->size() > 64) {
            return fail(Fault::config, at_line(path, line) + "expected " + form);
        }
        keys.push_back(std::move(*key));
    }
    if (keys.empty()) {
        return fail(Fault::config, path + ": no secret found: expected lines of " + form);
    }
    return keys;
}

Result<common::Headers> read_header_lines(const std::string& path) {
    const auto lines = read_lines(path);
    if (!lines) {
        return fail(lines.error());
    }
    common::Headers headers;
    for (const auto& line : *lines) {
        const auto colon = line.text.find(':');
        if (colon == std::string::npos) {
            return fail(Fault::config, at_line(path, line) + "expected Name: value");
        }
        common::Header header{
            line.text.substr(0, colon),
            std::string{common::trim(std::string_view{line.text}.substr(colon + 1))}};
        if (!common::valid_header(header.name, header.value)) {
            return fail(Fault::config, at_line(path, line) +
                                           "expected a name of letters, digits and '-', and a "
                                           "value without control characters");
        }
        if (set_by_the_agent(header.name)) {
            return fail(Fault::config, at_line(path, line) + header.name +
                                           " is set by the agent: expected other headers only");
        }
        headers.push_back(std::move(header));
    }
    return headers;
}

Result<void> check_readable(const std::string& path) {
    // The file is not read: a pipe would block, and whoever uses the file checks its content.
    struct stat kind {};
    if (::stat(path.c_str(), &kind) == 0 && S_ISDIR(kind.st_mode)) {
        return fail(Fault::config, path + " is a directory: expected a file");
    }
    if (::access(path.c_str(), R_OK) != 0) {
        return fail(Fault::config, "cannot open " + path + ": " + std::strerror(errno));
    }
    return {};
}

} // namespace agent

#include "common/http_client/request_head.hpp"

#include "common/base/ascii.hpp"

#include <algorithm>
#include <array>

namespace common {

namespace {

/// Headers that the client itself writes.
bool is_ours(std::string_view name) {
    return is_framing_header(name) || equal_ignoring_case(name, "Host");
}

} // namespace

Result<std::string> request_head(const HttpRequest& request, const std::string& user_agent) {
    const auto& target = request.url.target;
    const bool bad_target = std::ranges::any_of(
        target, [](char c) { return static_cast<unsigned char>(c) <= ' ' || c == '\x7f'; });
    if (!valid_header(request.method, "") || target.empty() || bad_target) {
        return fail(Fault::input,
                    "request: the method and the target must not be empty or contain spaces");
    }
    std::string head;
    head.reserve(512);
    const auto line = [&head](std::string_view name, std::string_view value) {
        head.append(name).append(": ").append(value).append("\r\n");
    };
    head.append(request.method).append(" ").append(target).append(" HTTP/1.1\r\n");
    const auto host = request.url.authority();
    if (!valid_header("Host", host)) {
        return fail(Fault::input, "request: the host name contains control characters");
    }
    line("Host", host);
    if (!user_agent.empty() && !find_header(request.headers, "User-Agent")) {
        line("User-Agent", user_agent);
    }
    for (const auto& [name, value] : request.headers) {
        if (!valid_header(name, value)) {
            return fail(
                Fault::input,
                valid_header(name, "")
                    ? "request: the value of header " + name + " contains control characters"
                    : "request: the name of a header is not a token (RFC 9110, section 5.1)");
        }
        if (!is_ours(name)) {
            line(name, value);
        }
    }
    if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
        request.method == "PATCH") {
        line("Content-Length", std::to_string(request.body.size()));
    }
    return head.append("\r\n");
}

} // namespace common

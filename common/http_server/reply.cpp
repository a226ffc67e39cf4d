#include "common/http_server/reply.hpp"

#include "common/base/ascii.hpp"
#include "common/net/status_phrase.hpp"

namespace common::http_server {

namespace {

void line(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

} // namespace

void write_response(std::string& out, const HttpReply& reply, std::string_view server_name,
                    Ending ending, bool without_body) {
    const bool never_a_body = reply.status == 204 || reply.status == 304 || reply.status < 200;
    out.assign("HTTP/1.1 ")
        .append(std::to_string(reply.status))
        .append(" ")
        .append(status_phrase(reply.status))
        .append("\r\n");
    if (!server_name.empty()) {
        line(out, "Server", server_name);
    }
    for (const auto& [name, value] : reply.headers) {
        const bool ours = is_framing_header(name) || equal_ignoring_case(name, "Server");
        if (!ours && valid_header(name, value)) {
            line(out, name, value);
        }
    }
    if (!never_a_body) {
        line(out, "Content-Length", std::to_string(reply.body.size()));
    }
    if (ending == Ending::close) {
        line(out, "Connection", "close");
    } else if (ending == Ending::keep_1_0) {
        line(out, "Connection", "keep-alive");
    }
    out += "\r\n";
    if (!never_a_body && !without_body) {
        out += reply.body;
    }
}

} // namespace common::http_server

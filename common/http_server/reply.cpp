#include "common/http_server/reply.hpp"

#include "common/http_server/http_server.hpp"
#include "common/text/json.hpp"

#include <boost/beast/http/status.hpp>
#include <nlohmann/json.hpp>

namespace common {

namespace {

namespace http = boost::beast::http;

std::string_view phrase(unsigned status) {
    const auto known = http::int_to_status(status);
    if (known == http::status::unknown) {
        return "Unknown";
    }
    const auto text = http::obsolete_reason(known);
    return {text.data(), text.size()};
}

bool is_ours(std::string_view name) {
    for (const std::string_view own :
         {"Content-Length", "Connection", "Transfer-Encoding", "Server"}) {
        if (boost::beast::iequals({name.data(), name.size()}, {own.data(), own.size()})) {
            return true;
        }
    }
    return false;
}

void line(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

} // namespace

HttpReply problem(unsigned status, std::string detail, Headers extra) {
    const nlohmann::ordered_json body{{"type", "about:blank"},
                                      {"title", phrase(status)},
                                      {"status", status},
                                      {"detail", std::move(detail)}};
    HttpReply reply{status, std::move(extra), text_of(body)};
    reply.headers.push_back({"Content-Type", "application/problem+json"});
    return reply;
}

HttpReply json_reply(unsigned status, std::string body) {
    return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

void write_response(std::string& out, const HttpReply& reply, std::string_view server_name,
                    Ending ending, bool without_body) {
    const bool never_a_body = reply.status == 204 || reply.status == 304 || reply.status < 200;
    out.assign("HTTP/1.1 ")
        .append(std::to_string(reply.status))
        .append(" ")
        .append(phrase(reply.status))
        .append("\r\n");
    if (!server_name.empty()) {
        line(out, "Server", server_name);
    }
    for (const auto& [name, value] : reply.headers) {
        if (!is_ours(name) && valid_header(name, value)) {
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

} // namespace common

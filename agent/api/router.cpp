#include "agent/api/router.hpp"

#include "agent/api/routes.hpp"
#include "agent/api/status_page.hpp"
#include "common/base/crypto.hpp"

#include <algorithm>

namespace agent {

namespace {

using common::HttpReply;
using common::Incoming;

bool same_text(std::string_view a, std::string_view b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [lower](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    return first == std::string_view::npos
               ? ""
               : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool reads_only(std::string_view method) {
    return method == "GET" || method == "HEAD";
}

/// A browser names the page that a request comes from in Origin; our own page lives at the Host
/// that it calls. Every other page that somebody has open on this machine could otherwise post to a
/// port on loopback: with no-cors a browser sends first and asks later. Programs send no Origin. A
/// proxy that changes Host must pass the browser's on.
bool from_another_page(const Incoming& head) {
    const auto origin = common::find_header(head.headers, "Origin");
    if (!origin) {
        return false;
    }
    const auto host = common::find_header(head.headers, "Host").value_or("");
    const auto scheme_end = origin->find("://");
    return scheme_end == std::string_view::npos || host.empty() ||
           !same_text(origin->substr(scheme_end + 3), trimmed(host));
}

/// Whether a person's browser asks: then the page itself tells about the token and takes it.
bool wants_page(const Incoming& head, const std::optional<Routed>& routed) {
    return routed && routed->route->endpoint == Endpoint::page &&
           routed->route->allows(head.method) &&
           common::find_header(head.headers, "Accept").value_or("").find("text/html") !=
               std::string_view::npos;
}

HttpReply unauthorized(const Incoming& head, const std::optional<Routed>& routed) {
    if (wants_page(head, routed)) {
        auto page = status_page();
        page.status = 401;
        page.headers.push_back({"WWW-Authenticate", "Bearer"});
        return page;
    }
    const bool given = common::find_header(head.headers, "Authorization").has_value();
    return common::problem(401,
                           given ? "the Authorization header does not hold the token of [ingest] "
                                   "token_file: send Authorization: Bearer TOKEN"
                                 : "a token is needed: send Authorization: Bearer TOKEN, with the "
                                   "token of [ingest] token_file",
                           {{"WWW-Authenticate", "Bearer"}});
}

} // namespace

Router::Router(Ingest& ingest, Control& control, const Config& config)
    : ingest_{ingest}, control_{control}, config_{config} {}

bool Router::has_token(const Incoming& head) const {
    const auto header = common::find_header(head.headers, "Authorization");
    if (!header) {
        return false;
    }
    const auto value = trimmed(*header);
    const auto scheme = value.substr(0, value.find(' '));
    return same_text(scheme, "Bearer") &&
           common::equal_in_constant_time(trimmed(value.substr(scheme.size())),
                                          config_.ingest.token);
}

std::optional<HttpReply> Router::refuse(const Incoming& head) const {
    const auto routed = find_route(head.path);
    if (!head.local) {
        const bool probe = routed && (routed->route->endpoint == Endpoint::livez ||
                                      routed->route->endpoint == Endpoint::readyz);
        const bool token_wanted = !config_.ingest.token.empty();
        if (token_wanted && !probe && !has_token(head)) {
            return unauthorized(head, routed);
        }
        if (routed && !routed->route->open && !token_wanted) {
            return common::problem(403, "this path is served on the Unix socket ([ingest] socket), "
                                        "or on TCP once [ingest] token_file is set");
        }
        if (!reads_only(head.method) && from_another_page(head)) {
            return common::problem(
                403,
                "the Origin header names another place than Host: a web page may not send this");
        }
    }
    if (!routed) {
        return no_such_path(head.path);
    }
    if (!routed->route->allows(head.method)) {
        return wrong_method(*routed->route, head.method);
    }
    return routed->route->endpoint == Endpoint::events ? ingest_.refuse(head) : std::nullopt;
}

common::Task<HttpReply> Router::handle(Incoming request) {
    if (auto refusal = refuse(request)) {
        co_return std::move(*refusal);
    }
    const bool events = find_route(request.path)->route->endpoint == Endpoint::events;
    auto answer = events ? ingest_.post(std::move(request)) : control_.handle(std::move(request));
    co_return co_await std::move(answer);
}

} // namespace agent

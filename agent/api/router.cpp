#include "agent/api/router.hpp"

#include "agent/api/content_type.hpp"
#include "agent/api/own_host.hpp"
#include "agent/api/routes.hpp"
#include "agent/api/status_page.hpp"
#include "agent/webhooks/delivery.hpp"
#include "common/base/ascii.hpp"
#include "common/base/crypto.hpp"
#include "common/net/problem.hpp"
#include "common/text/invalid.hpp"
#include "common/text/json.hpp"

#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::HttpReply;
using common::Incoming;
using common::http_server::Handler;

constexpr std::string_view blanks = " \t";

bool reads_only(std::string_view method) {
    return method == "GET" || method == "HEAD";
}

/// A browser names the page that sends a request in Origin; our own page lives at the Host that it
/// calls. Any other page open in a browser on this machine could otherwise post to a port on
/// loopback: with no-cors, a browser sends first and asks later. Programs send no Origin. A proxy
/// that changes Host must pass on the browser's.
bool cross_origin(const Incoming& head) {
    const auto origin = common::find_header(head.headers, "Origin");
    if (!origin) {
        return false;
    }
    const auto host = common::find_header(head.headers, "Host").value_or("");
    const auto scheme_end = origin->find("://");
    return scheme_end == std::string_view::npos || host.empty() ||
           !common::equal_ignoring_case(origin->substr(scheme_end + 3), common::trim(host, blanks));
}

bool has_port(std::string_view host) {
    const auto name_end = host.rfind(']');
    return host.find(':', name_end == std::string_view::npos ? 0 : name_end) !=
           std::string_view::npos;
}

bool has_token(const Incoming& head, const std::string& token) {
    const auto header = common::find_header(head.headers, "Authorization");
    if (!header) {
        return false;
    }
    const auto value = common::trim(*header, blanks);
    const auto scheme = value.substr(0, value.find(' '));
    return common::equal_ignoring_case(scheme, "Bearer") &&
           common::equal_in_constant_time(common::trim(value.substr(scheme.size()), blanks), token);
}

/// Whether a browser asks for the page: then the page itself, which lets its user enter the token,
/// is the answer.
bool wants_page(const Incoming& head, const std::optional<RouteMatch>& match) {
    return match && match->route->endpoint == Endpoint::page && match->route->allows(head.method) &&
           common::find_header(head.headers, "Accept").value_or("").find("text/html") !=
               std::string_view::npos;
}

HttpReply unauthorized(const Incoming& head, const std::optional<RouteMatch>& match) {
    if (wants_page(head, match)) {
        auto page = status_page();
        page.status = 401;
        page.headers.push_back({"WWW-Authenticate", "Bearer"});
        return page;
    }
    const bool given = common::find_header(head.headers, "Authorization").has_value();
    return common::problem(
        401,
        std::string{given ? "invalid Authorization header" : "missing Authorization header"} +
            ": expected Bearer TOKEN, with the token of [ingest] token_file",
        {{"WWW-Authenticate", "Bearer"}});
}

/// Without a token, only who names this device by a local name is answered. Of a request with the
/// absolute form both names count: which of them a proxy has looked at is not known.
std::optional<HttpReply> foreign_host(const Incoming& head, const std::string& listen) {
    const auto host = common::trim(common::find_header(head.headers, "Host").value_or(""), blanks);
    const bool own_target = head.authority.empty() || is_own_host(head.authority, listen);
    if (is_own_host(host, listen) && own_target) {
        return std::nullopt;
    }
    const std::string_view found = own_target ? host : std::string_view{head.authority};
    return common::problem(
        421, common::invalid("Host", common::shown(nlohmann::json(found)),
                             "localhost or a loopback address, such as localhost:8093, because "
                             "without a token ([ingest] token_file) only this device itself is "
                             "answered; a proxy must send such a Host"));
}

std::optional<HttpReply> cross_origin_refusal(const Incoming& head) {
    if (!reads_only(head.method) && cross_origin(head)) {
        return common::problem(403, "cross-origin request refused: Origin does not match Host");
    }
    return std::nullopt;
}

/// What TCP clients are refused for.
std::optional<HttpReply> tcp_refusal(const Incoming& head, const std::optional<RouteMatch>& match,
                                     const Config& config) {
    const auto& token = config.ingest.token;
    if (token.empty()) {
        if (auto refusal = foreign_host(head, config.ingest.listen)) {
            return refusal;
        }
    }
    const bool probe = match && (match->route->endpoint == Endpoint::livez ||
                                 match->route->endpoint == Endpoint::readyz);
    if (!token.empty() && !probe && !has_token(head, token)) {
        return unauthorized(head, match);
    }
    if (token.empty() && match && !match->route->open) {
        return common::problem(403, "this path is available on the Unix socket ([ingest] socket), "
                                    "and on TCP only when [ingest] token_file is set");
    }
    return cross_origin_refusal(head);
}

/// The Unix socket has full control, also at the far end of a port that ssh forwards to it, where
/// every page in a browser can reach it. Only a browser names a port there, and only ours may.
std::optional<HttpReply> socket_refusal(const Incoming& head, const std::string& listen) {
    const auto host = common::trim(common::find_header(head.headers, "Host").value_or(""), blanks);
    if (has_port(host) && !is_own_host(host, listen)) {
        return common::problem(
            421, common::invalid("Host", common::shown(nlohmann::json(host)),
                                 "localhost or a loopback address, such as localhost:8093, where a "
                                 "port is forwarded to the socket"));
    }
    return cross_origin_refusal(head);
}

/// A request of this process's own that came back through something that its address does not show:
/// a proxy, NAT, a forwarded port.
std::optional<HttpReply> own_request(const Incoming& head, const std::string& agent_id) {
    if (agent_id.empty() || common::find_header(head.headers, via_header) != agent_id) {
        return std::nullopt;
    }
    return common::problem(508,
                           "this event was delivered by this agent itself: the target of one of "
                           "its webhooks leads back to its own /v1/events. Expected a target "
                           "that is another service");
}

/// The id that an agent gave to an event that has none itself.
std::string passed_id(const Incoming& head) {
    const auto id = common::find_header(head.headers, event_id_header);
    return id && common::is_uuid(*id) ? std::string{*id} : std::string{};
}

tl::unexpected<HttpReply> refuse(HttpReply reply) {
    return tl::unexpected<HttpReply>{std::move(reply)};
}

} // namespace

tl::expected<Handler, HttpReply> route(const Incoming& head, Ingest& ingest, Control& control,
                                       const Config& config) {
    auto match = find_route(head.path);
    if (auto refusal = head.local ? socket_refusal(head, config.ingest.listen)
                                  : tcp_refusal(head, match, config)) {
        return refuse(std::move(*refusal));
    }
    if (!match) {
        return refuse(no_such_path(head.path));
    }
    if (!match->route->allows(head.method)) {
        return refuse(wrong_method(*match->route, head.method));
    }
    if (match->route->endpoint != Endpoint::events || reads_only(head.method)) {
        return [&control, match = std::move(*match)](Incoming request) {
            return control.handle(match, std::move(request));
        };
    }
    const auto format = body_format(head.headers);
    if (!format) {
        return refuse(common::problem(415, format.error().message, {{"Accept", accepted_types}}));
    }
    if (auto looped = own_request(head, config.delivery.defaults.agent_id)) {
        return refuse(std::move(*looped));
    }
    auto id = passed_id(head);
    return [&ingest, format = *format, id = std::move(id)](Incoming request) {
        Ingest::Sender sender{request.local, id};
        return ingest.post(std::move(request.body), format, std::move(sender));
    };
}

} // namespace agent

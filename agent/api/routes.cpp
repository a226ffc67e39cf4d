#include "agent/api/routes.hpp"

#include "common/net/problem.hpp"
#include "common/text/json.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

// The first match wins, so that a fixed path stands before one with "{id}" that it would match.
constexpr std::array routes{
    Route{Endpoint::events, "/v1/events", {"POST", "GET", "HEAD"}, true},
    Route{Endpoint::event, "/v1/events/{id}", {"GET", "HEAD"}, true},
    Route{Endpoint::explain, "/v1/explain", {"POST"}, true},
    Route{Endpoint::status, "/v1/status", {"GET", "HEAD"}, true},
    Route{Endpoint::deliveries, "/v1/deliveries", {"GET", "HEAD"}, false},
    Route{Endpoint::retry_deliveries, "/v1/deliveries/retry", {"POST"}, false},
    Route{Endpoint::drop_deliveries, "/v1/deliveries/drop", {"POST"}, false},
    Route{Endpoint::delivery, "/v1/deliveries/{id}", {"GET", "HEAD", "DELETE"}, false},
    Route{Endpoint::retry_delivery, "/v1/deliveries/{id}/retry", {"POST"}, false},
    Route{Endpoint::sync, "/v1/sync", {"POST"}, false},
    Route{Endpoint::log_level, "/v1/log-level", {"GET", "HEAD", "PUT"}, false},
    Route{Endpoint::test_webhook, "/v1/webhooks/{name}/test", {"POST"}, false},
    Route{Endpoint::metrics, "/metrics", {"GET", "HEAD"}, true},
    Route{Endpoint::livez, "/livez", {"GET", "HEAD"}, true},
    Route{Endpoint::readyz, "/readyz", {"GET", "HEAD"}, true},
    Route{Endpoint::page, "", {"GET", "HEAD"}, true},
};

/// Removes the next segment from the front of a path that begins with '/' and returns it.
std::string_view next_segment(std::string_view& path) {
    path.remove_prefix(1);
    const auto segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    return segment;
}

/// Empty: the path does not match. Otherwise what matched "{id}" or "{name}".
std::optional<std::string> match_path(std::string_view pattern, std::string_view path) {
    std::string id;
    while (!pattern.empty() && !path.empty()) {
        const auto wanted = next_segment(pattern);
        if (wanted == "{name}") {
            const bool fits = path.size() > pattern.size() + 1 && path.ends_with(pattern);
            return fits ? std::optional{std::string{
                              path.substr(1, path.size() - pattern.size() - 1)}}
                        : std::nullopt;
        }
        const auto found = next_segment(path);
        if (wanted == "{id}" && !found.empty()) {
            id = found;
        } else if (wanted != found) {
            return std::nullopt;
        }
    }
    return pattern.empty() && path.empty() ? std::optional{std::move(id)} : std::nullopt;
}

} // namespace

bool Route::allows(std::string_view method) const {
    return !method.empty() && std::find(methods.begin(), methods.end(), method) != methods.end();
}

std::string Route::allow() const {
    std::string list;
    for (const auto method : methods) {
        if (!method.empty()) {
            list += list.empty() ? "" : ", ";
            list += method;
        }
    }
    return list;
}

std::optional<RouteMatch> find_route(std::string_view path) {
    if (!path.starts_with('/')) {
        return std::nullopt;
    }
    if (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    for (const auto& route : routes) {
        if (auto id = match_path(route.path, path)) {
            return RouteMatch{&route, std::move(*id)};
        }
    }
    return std::nullopt;
}

common::HttpReply no_such_path(std::string_view path) {
    return common::problem(404,
                           "there is nothing at " + common::shown(nlohmann::json(path)) +
                               ": events go to /v1/events, and the page at / shows the status");
}

common::HttpReply wrong_method(const Route& route, std::string_view method) {
    auto allow = route.allow();
    const auto detail = std::string{method} + " is not allowed on " +
                        (route.path.empty() ? "/" : std::string{route.path}) +
                        ": expected one of: " + allow;
    return common::problem(405, detail, {{"Allow", std::move(allow)}});
}

} // namespace agent

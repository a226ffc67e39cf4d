// Routes: the paths of the HTTP API (contract section 5), their methods, and which of them TCP
// serves when no token is configured; and the replies 404 and 405. Values; any thread.
#pragma once

#include "common/net/http.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace agent {

enum class Endpoint {
    events,
    event,
    explain,
    status,
    deliveries,
    delivery,
    retry_delivery,
    retry_deliveries,
    drop_deliveries,
    sync,
    log_level,
    test_webhook,
    metrics,
    livez,
    readyz,
    page,
};

struct Route {
    Endpoint endpoint = Endpoint::page;
    /// "{id}" stands for one segment, "{name}" for a name, which may contain slashes.
    std::string_view path;
    std::array<std::string_view, 3> methods; ///< unused ones are empty
    bool open = false;                       ///< TCP serves it when no token is configured

    [[nodiscard]] bool allows(std::string_view method) const;
    /// For the Allow header: "GET, HEAD".
    [[nodiscard]] std::string allow() const;
};

struct RouteMatch {
    const Route* route = nullptr;
    std::string id; ///< what matched "{id}" or "{name}"
};

/// A trailing slash is ignored. Empty: there is no such path.
std::optional<RouteMatch> find_route(std::string_view path);

common::HttpReply no_such_path(std::string_view path);
common::HttpReply wrong_method(const Route& route, std::string_view method);

} // namespace agent

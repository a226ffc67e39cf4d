// Routes: the paths of the HTTP API (contract section 5), their methods, and which of them TCP
// serves when no token is configured; the replies 404 and 405 that follow from it. Values; any
// thread.
#pragma once

#include "common/http_server/http_server.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace agent {

enum class Endpoint {
    events,
    explain,
    status,
    deliveries,
    delivery,
    retry_delivery,
    retry_deliveries,
    drop_deliveries,
    sync,
    metrics,
    livez,
    readyz,
    page,
};

struct Route {
    Endpoint endpoint = Endpoint::page;
    std::string_view path;                   ///< "{id}" stands for one segment
    std::array<std::string_view, 3> methods; ///< the unused ones empty
    bool open = false;                       ///< served on TCP without a token

    [[nodiscard]] bool allows(std::string_view method) const;
    /// As in the Allow header: "GET, HEAD".
    [[nodiscard]] std::string allow() const;
};

struct Routed {
    const Route* route = nullptr;
    std::string id; ///< what stands in the place of "{id}"
};

/// A trailing slash is fine. Nothing: no such path.
std::optional<Routed> find_route(std::string_view path);

common::HttpReply no_such_path(std::string_view path);
common::HttpReply wrong_method(const Route& route, std::string_view method);

} // namespace agent

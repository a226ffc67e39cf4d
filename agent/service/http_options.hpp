// The options of the HTTP server and client, as the configuration sets them.
#pragma once

#include "agent/config/config.hpp"
#include "common/http_client/http_client.hpp"
#include "common/http_server/bound_address.hpp"
#include "common/http_server/server.hpp"

namespace agent {

common::http_server::Options server_options(const Config& config);

/// `bound` outlives the client.
common::ClientOptions client_options(const Config& config,
                                     const common::http_server::BoundAddress& bound);

} // namespace agent

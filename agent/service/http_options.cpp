#include "agent/service/http_options.hpp"

#include "agent/service/own_address.hpp"
#include "common/base/version.hpp"

namespace agent {

// The INI bounds its numbers so that they fit into 32 bits.

common::http_server::Options server_options(const Config& config) {
    common::http_server::Options options;
    options.max_body = static_cast<std::size_t>(config.ingest.max_body);
    options.max_connections = static_cast<std::size_t>(config.ingest.max_connections);
    options.server_name = std::string{"ffl-agent/"} + common::version;
    return options;
}

common::ClientOptions client_options(const Config& config,
                                     const common::http_server::BoundAddress& bound) {
    common::ClientOptions options;
    options.user_agent = std::string{"ffl-agent/"} + common::version;
    options.denied = config.delivery.deny_targets;
    options.idle_per_origin = static_cast<std::size_t>(config.delivery.connections_per_target);
    options.veto = own_address_veto(bound);
    return options;
}

} // namespace agent

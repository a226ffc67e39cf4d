#include "agent/service/own_address.hpp"

#include "agent/webhooks/webhook.hpp"

#include <string>

namespace agent {

common::AddressVeto own_address_veto(const common::http_server::BoundAddress& bound) {
    return [&bound](const common::AddressBytes& address,
                    std::uint16_t port) -> std::optional<std::string> {
        return bound.reached_by(address, port) ? std::optional{std::string{targets_agent_itself}}
                                               : std::nullopt;
    };
}

} // namespace agent

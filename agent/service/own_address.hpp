// Keeps deliveries away from the agent's own address, where each event would come back.
#pragma once

#include "common/http_server/bound_address.hpp"
#include "common/net/address.hpp"

namespace agent {

/// `bound` must outlive the veto.
common::AddressVeto own_address_veto(const common::http_server::BoundAddress& bound);

} // namespace agent

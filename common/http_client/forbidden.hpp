// Takes the addresses to which a guarded request must not go out of those of a name. Pure, but for
// what the veto does. Internal to this folder.
#pragma once

#include "common/http_client/resolver.hpp"
#include "common/net/address.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace common {

/// Returns why the last of the removed addresses is forbidden; empty if none is. `veto` may be
/// empty.
std::string remove_forbidden(Addresses& addresses, std::uint16_t port,
                             const std::vector<IpRange>& denied, const AddressVeto& veto);

} // namespace common

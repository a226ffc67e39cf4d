#include "common/http_client/forbidden.hpp"

namespace common {

std::string remove_forbidden(Addresses& addresses, std::uint16_t port,
                             const std::vector<IpRange>& denied, const AddressVeto& veto) {
    std::string why;
    std::erase_if(addresses, [&](const AddressBytes& address) {
        const auto vetoed = veto ? veto(address, port) : std::nullopt;
        const bool in_denied = any_contains(denied, address);
        if (vetoed || in_denied) {
            why = vetoed ? *vetoed : "target address denied";
        }
        return vetoed || in_denied;
    });
    return why;
}

} // namespace common

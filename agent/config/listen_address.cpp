#include "agent/config/listen_address.hpp"

#include "common/net/address.hpp"

#include <charconv>
#include <cstdint>

namespace agent {

using common::fail;
using common::Fault;
using common::Result;

Result<std::string> parse_listen(std::string_view text) {
    const auto wrong = [] {
        return fail(Fault::config, "accepted are host:port with a numeric host, such as "
                                   "127.0.0.1:8093 or [::1]:8093, and nothing for none");
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return wrong();
    }
    auto host = text.substr(0, colon);
    const auto digits = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc{} || end != digits.data() + digits.size()) {
        return wrong();
    }
    if (host.empty() || host == "localhost") {
        host = "127.0.0.1";
    }
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    const auto address = bracketed ? host.substr(1, host.size() - 2) : host;
    if (!common::parse_address(address) ||
        bracketed != (address.find(':') != std::string_view::npos)) {
        return wrong();
    }
    return std::string{host} + ":" + std::to_string(port);
}

bool listens_on_loopback(std::string_view listen) {
    auto host = listen.substr(0, listen.rfind(':'));
    if (host.starts_with('[')) {
        host = host.substr(1, host.size() - 2);
    }
    const auto address = common::parse_address(host);
    return address && common::is_loopback(*address);
}

} // namespace agent

#include "agent/config/listen_address.hpp"

#include "common/net/address.hpp"
#include "common/net/host_port.hpp"

namespace agent {

common::Result<std::string> parse_listen(std::string_view text) {
    auto listen = common::parse_host_port(text);
    if (listen && (listen->host.empty() || listen->host == "localhost")) {
        listen->host = "127.0.0.1";
    }
    if (!listen || !common::parse_address(listen->host)) {
        return common::fail(common::Fault::config,
                            "expected host:port with a numeric host, such as 127.0.0.1:8093 or "
                            "[::1]:8093, or nothing for no TCP listener");
    }
    return listen->text();
}

bool listens_on_loopback(std::string_view listen) {
    const auto parsed = common::parse_host_port(listen);
    const auto address = common::parse_address(parsed ? parsed->host : "");
    return address && common::is_loopback(*address);
}

} // namespace agent

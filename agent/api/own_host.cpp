#include "agent/api/own_host.hpp"

#include "common/net/address.hpp"
#include "common/net/host_port.hpp"

#include <algorithm>

namespace agent {

namespace {

bool is_port(std::string_view text) {
    return text.size() <= 5 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

bool is_own_host(std::string_view host, std::string_view listen) {
    const bool bracketed = host.starts_with('[');
    const auto end = bracketed ? host.find(']') : host.find(':');
    auto name = host.substr(0, end);
    auto rest = end == std::string_view::npos ? std::string_view{} : host.substr(end);
    if (bracketed) {
        if (rest.empty()) {
            return false;
        }
        name.remove_prefix(1);
        rest.remove_prefix(1);
    }
    if (!rest.empty() && !(rest.front() == ':' && is_port(rest.substr(1)))) {
        return false;
    }
    if (!bracketed && common::is_localhost(name)) {
        return true;
    }
    if (!bracketed && name.ends_with('.')) {
        name.remove_suffix(1);
    }
    const auto address = common::parse_address(name);
    if (!address || bracketed != (name.find(':') != std::string_view::npos)) {
        return false;
    }
    const auto bound = common::parse_host_port(listen);
    const auto own = common::parse_address(bound ? bound->host : "");
    return common::is_loopback(*address) || (own && *own == *address);
}

} // namespace agent

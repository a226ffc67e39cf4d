// Which Host headers name this agent itself. Without a token that is what keeps a web page out
// whose name was pointed at this device (DNS rebinding): such a page's browser sends the page's own
// name. Pure.
#pragma once

#include <string_view>

namespace agent {

/// Whether `host` (a Host header, with or without a port) is localhost, a name below it, a loopback
/// address or the address of `listen`.
bool is_own_host(std::string_view host, std::string_view listen);

} // namespace agent

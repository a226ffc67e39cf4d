// A request's line and headers as they are sent (RFC 9112). Pure; any thread. Internal to
// PooledClient.
#pragma once

#include "common/base/result.hpp"
#include "common/net/http.hpp"

#include <string>

namespace common {

/// Everything before the body, including the empty line. Leaves out the caller's own Host,
/// Content-Length, Connection and Transfer-Encoding. A method, target, host or header that could
/// end a line early is an error (Fault::input).
Result<std::string> request_head(const HttpRequest& request, const std::string& user_agent);

} // namespace common

// A request's line and headers as they go over the wire (RFC 9112). A value; any thread. The
// business of BeastClient alone.
#pragma once

#include "common/base/result.hpp"
#include "common/net/http.hpp"

#include <string>

namespace common {

/// Everything before the body, the empty line included. Host, Content-Length, Connection and
/// Transfer-Encoding of the caller's are left out. Nothing that could end a line early gets in:
/// such a method, target, host or header is an error (Fault::input).
Result<std::string> request_head(const HttpRequest& request, const std::string& user_agent);

} // namespace common

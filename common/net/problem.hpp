// The replies of our HTTP API that every handler needs: an error as RFC 9457 has it, and JSON.
// Pure.
#pragma once

#include "common/net/http.hpp"

#include <string>

namespace common {

/// application/problem+json with `status`, its phrase as the title, and `detail`, in which bytes
/// that are not UTF-8 are replaced.
HttpReply problem(unsigned status, std::string detail, Headers extra = {});

/// application/json with any status. `body` is JSON text already.
HttpReply json_reply(unsigned status, std::string body);

} // namespace common

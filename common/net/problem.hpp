// The replies of our HTTP API that every handler needs: an error as RFC 9457 has it, and JSON.
// Pure.
#pragma once

#include "common/net/http.hpp"

#include <string>

namespace common {

/// application/problem+json with `status`, its phrase as the title, and `detail`, which is
/// made printable(): it is for people, and may quote others.
HttpReply problem(unsigned status, const std::string& detail, Headers extra = {});

/// application/json with any status. `body` is JSON text already.
HttpReply json_reply(unsigned status, std::string body);

} // namespace common

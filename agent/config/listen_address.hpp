// The value of ingest.listen: where the HTTP API listens on TCP. Pure.
#pragma once

#include "common/base/result.hpp"

#include <string>
#include <string_view>

namespace agent {

/// "host:port" with a numeric host, "[::1]:8093", "localhost:8093" or ":8093" (both loopback);
/// gives it with a numeric host.
common::Result<std::string> parse_listen(std::string_view text);
/// Of what parse_listen() gave.
bool listens_on_loopback(std::string_view listen);

} // namespace agent

// The value of ingest.listen: where the HTTP API listens on TCP. Pure.
#pragma once

#include "common/base/result.hpp"

#include <string>
#include <string_view>

namespace agent {

/// "host:port" with a numeric host, "[::1]:8093", "localhost:8093" or ":8093" (both loopback).
/// Returns the same with a numeric host.
common::Result<std::string> parse_listen(std::string_view text);
/// `listen`: a result of parse_listen().
bool listens_on_loopback(std::string_view listen);

} // namespace agent

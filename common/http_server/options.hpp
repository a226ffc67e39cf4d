// Options: the limits of a Server. A value; any thread.
#pragma once

#include "common/base/time.hpp"

#include <cstddef>
#include <string>

namespace common::http_server {

struct Options {
    std::size_t max_body = 4 * 1024 * 1024;
    /// Per listener. Beyond it the least useful one yields (see standing.hpp); where none does, the
    /// new one is answered 503 and closed.
    std::size_t max_connections = 256;
    /// Where connections or memory are short: how long one that makes no progress keeps its own.
    Millis patience{1'000};
    Millis request_timeout{30'000}; ///< from the first byte of a request to its last: then 408
    Millis idle_timeout{120'000};   ///< between requests: then closed without an answer
    std::string server_name;        ///< Server header
};

} // namespace common::http_server

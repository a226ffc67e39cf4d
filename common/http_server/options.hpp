// Options: the limits of a Server. A value; any thread.
#pragma once

#include "common/base/time.hpp"

#include <cstddef>
#include <string>

namespace common::http_server {

struct Options {
    std::size_t max_body = 4 * 1024 * 1024;
    std::size_t max_connections = 256; ///< per listener; one more is answered 503 and closed
    Millis request_timeout{30'000};    ///< from the first byte of a request to its last: then 408
    Millis idle_timeout{120'000};      ///< between requests: then closed without an answer
    std::string server_name;           ///< Server header
};

} // namespace common::http_server

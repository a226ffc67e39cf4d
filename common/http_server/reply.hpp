// A reply as bytes. Any thread.
#pragma once

#include "common/net/http.hpp"

#include <string>
#include <string_view>

namespace common {

enum class Ending {
    keep,     ///< HTTP/1.1: the connection stays
    keep_1_0, ///< the same, said aloud to a client of HTTP/1.0
    close,
};

/// Writes the whole response into `out`, in place of what was there. Content-Length, Connection and
/// Server are the server's business: the reply's own are left out, and so are headers that may not
/// stand in one. `without_body`: the answer to HEAD.
void write_response(std::string& out, const HttpReply& reply, std::string_view server_name,
                    Ending ending, bool without_body);

} // namespace common

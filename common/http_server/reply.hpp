// A reply as the bytes of a response. Pure.
#pragma once

#include "common/net/http.hpp"

#include <string>
#include <string_view>

namespace common::http_server {

enum class Ending {
    keep,     ///< HTTP/1.1: the connection stays open
    keep_1_0, ///< the same, stated explicitly for a client of HTTP/1.0
    close,
};

/// Replaces `out` with the whole response. The server itself writes Content-Length, Connection and
/// Server: the reply's own are left out, and so are headers that are not valid. `without_body`: the
/// answer to HEAD.
void write_response(std::string& out, const HttpReply& reply, std::string_view server_name,
                    Ending ending, bool without_body);

} // namespace common::http_server

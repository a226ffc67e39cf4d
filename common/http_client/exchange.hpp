// One request and its response on one connection: sends the one and reads the other within the
// request's limits. Loop thread. Internal to BeastClient.
#pragma once

#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/http_client/connection.hpp"
#include "common/net/http.hpp"

#include <string_view>

namespace common {

struct ExchangeResult {
    Result<HttpReply> reply;
    bool no_response = false; ///< the connection broke before the first byte of a response
    bool reusable = false;    ///< the response is complete and the peer keeps the connection open
};

/// `head` is what request_head() returned. The deadline until the end of the response's head is the
/// one set on the connection; the body gets its own. The arguments outlive the coroutine. Errors:
/// Fault::unreachable; Fault::own: nothing was sent.
Task<ExchangeResult> exchange(ClientConnection& connection, const HttpRequest& request,
                              std::string_view head);

} // namespace common

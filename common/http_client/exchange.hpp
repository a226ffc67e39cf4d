// One request and its response on one connection: sends the one and reads the other within the
// request's limits. Loop thread. Internal to PooledClient.
#pragma once

#include "common/async/task.hpp"
#include "common/base/result.hpp"
#include "common/http_client/connection.hpp"
#include "common/net/http.hpp"

#include <string_view>

namespace common {

struct ExchangeResult {
    Result<HttpReply> reply;
    /// How an exchange without a reply ended, for one who would send the request again.
    enum class Broke {
        no,     ///< there is a reply, or the time was up
        unread, ///< the peer had closed before the request reached it, and cannot have read it
        silent  ///< without a byte of a response; the peer may have read the request
    } broke = Broke::no;
    bool reusable = false; ///< the response is complete and the peer keeps the connection open
};

/// `head` is what request_head() returned. The deadline until the end of the response's head is the
/// one set on the connection; the body gets its own. The arguments outlive the coroutine. Errors:
/// Fault::unreachable; Fault::own: nothing was sent.
Task<ExchangeResult> exchange(ClientConnection& connection, const HttpRequest& request,
                              std::string_view head);

} // namespace common

// What the server asks of its owner. The gate sees each request's head and returns the handler of
// that request, or the reply that refuses it before its body is read: there is no other way to a
// handler, so that nobody can forget to ask. Both are called on the loop thread.
#pragma once

#include "common/async/task.hpp"
#include "common/net/http.hpp"

#include <functional>
#include <tl/expected.hpp>

namespace common::http_server {

/// Answers one request, body included. The server keeps it until its task has ended.
using Handler = std::function<Task<HttpReply>(Incoming request)>;

/// `head` is the request without its body.
using Gate = std::function<tl::expected<Handler, HttpReply>(const Incoming& head)>;

/// A request that was answered with 400 or more.
struct RefusedRequest {
    std::string method; ///< empty if the head could not be read
    std::string path;
    std::string from; ///< "10.0.0.7", "socket"
    const HttpReply& reply;
    bool handled = false; ///< its handler refused it; otherwise the server or the gate
};
/// Is told of each of them, also of those that the server itself refuses.
using RefusalObserver = std::function<void(const RefusedRequest&)>;

} // namespace common::http_server

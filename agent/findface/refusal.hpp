// What a FindFace Lite server's reply means when it is not the wanted one: the fault, and a message
// for people with the server's own words. Pure. Passwords and tokens that a server echoes are
// blotted out.
#pragma once

#include "common/base/result.hpp"
#include "common/net/http.hpp"

#include <string>
#include <vector>

namespace agent::findface {

/// The reply's `detail`, `message` or the like, else its body: at most 200 characters of valid
/// UTF-8 without control characters. Each of `secrets` is replaced by ***. An HTML page is called
/// one. Empty when the body is.
std::string server_words(const common::HttpReply& reply, const std::vector<std::string>& secrets);

/// The error for any reply but 2xx: 401 and 403 are Fault::refused; 3xx, 408, 425, 429 and 5xx
/// Fault::unreachable; other 4xx Fault::input. `call` ("GET http://host/v1/webhooks/") stands in
/// front. A redirect names where it points.
common::Error refusal(const std::string& call, const common::HttpReply& reply,
                      const std::vector<std::string>& secrets);

} // namespace agent::findface

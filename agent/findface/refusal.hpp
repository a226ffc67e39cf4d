// Refusal: what an unwanted reply of a FindFace Lite server means: the fault, and a message for
// people with the server's own words. Pure. Passwords and tokens that a server echoes are masked.
#pragma once

#include "common/base/result.hpp"
#include "common/net/http.hpp"

#include <string>
#include <vector>

namespace agent::findface {

/// What server_words() says of a page for a browser.
inline constexpr const char* html_page = "an HTML page";

/// The reply's `detail`, `message` or the like, otherwise its body: at most 200 characters of valid
/// UTF-8 without control characters, with each of `secrets` replaced by ***. Empty for an empty
/// body.
std::string server_words(const common::HttpReply& reply, const std::vector<std::string>& secrets);

/// The error for any reply but 2xx: 401 and 403 are Fault::refused; 3xx, 408, 425, 429 and 5xx are
/// Fault::unreachable; other 4xx are Fault::input. The message begins with `call`, for example
/// "GET http://host/v1/webhooks/". It names the target of a redirect and the scheme that a 401 asks
/// for, and says of a 511 what it means: it comes from the network, not from the server.
common::Error refusal(const std::string& call, const common::HttpReply& reply,
                      const std::vector<std::string>& secrets);

/// Whether the reply to a call with a token may be about the token, so that a new login may mend
/// it: 401, 403 and the statuses that servers use for a session that has expired, a redirect to a
/// login page, or a 400 or 422 that speaks of it. Frameworks agree on none of them.
bool login_may_mend(const common::HttpReply& reply);

} // namespace agent::findface

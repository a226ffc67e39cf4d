// AttemptClass: how an attempt ended, as far as metrics tell attempts apart. Pure.
#pragma once

#include "common/base/result.hpp"
#include "common/net/http.hpp"

#include <cstddef>
#include <string_view>

namespace agent {

enum class AttemptClass : unsigned char {
    success,       ///< 2xx
    redirect,      ///< 3xx
    client_error,  ///< 4xx except 429
    too_many,      ///< 429
    server_error,  ///< 5xx
    timeout,       ///< no answer in time
    no_connection, ///< refused, unreachable
    no_address,    ///< the host's name was not resolved
    tls,           ///< the handshake failed
    denied,        ///< an address that deliveries must not go to
    other,         ///< closed or malformed instead of an answer
};
inline constexpr auto attempt_classes = static_cast<std::size_t>(AttemptClass::other) + 1;

AttemptClass attempt_class_of(const common::Result<common::HttpReply>& reply);

/// The value of the metrics' label: "2xx", "timeout".
std::string_view to_string(AttemptClass attempt);

} // namespace agent

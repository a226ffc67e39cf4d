// The target of a request line (RFC 9112 section 3.2), taken apart. A value; any thread.
#pragma once

#include "common/base/result.hpp"

#include <string>
#include <string_view>

namespace common::http_server {

struct Target {
    std::string path;  ///< percent-decoded; "*" for OPTIONS *
    std::string query; ///< as it arrived, without '?'
    /// Of the absolute form: "host:8080", as it arrived; otherwise empty.
    std::string authority;
};

/// Accepts a path, the absolute form that is meant for proxies, and "*" with OPTIONS. The error
/// (Fault::input) says what a target must look like.
Result<Target> parse_target(std::string_view text, std::string_view method);

} // namespace common::http_server

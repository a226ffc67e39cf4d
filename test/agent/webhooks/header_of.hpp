// A request's header, for the tests of what a delivery is sent with.
#pragma once

#include "common/net/http.hpp"

#include <string>
#include <string_view>

namespace agent {

/// "(none)" if the request has no such header.
inline std::string header_of(const common::HttpRequest& request, std::string_view name) {
    return std::string{common::find_header(request.headers, name).value_or("(none)")};
}

} // namespace agent

#include "common/http_server/target.hpp"

#include "common/base/ascii.hpp"

#include <algorithm>
#include <boost/url/pct_string_view.hpp>

namespace common::http_server {

namespace {

/// Without the scheme and the authority of the absolute form.
std::string_view without_origin(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (equal_ignoring_case(text.substr(0, scheme.size()), scheme)) {
            text.remove_prefix(scheme.size());
            text.remove_prefix(std::min(text.find_first_of("/?"), text.size()));
            break;
        }
    }
    return text;
}

} // namespace

Result<Target> parse_target(std::string_view text, std::string_view method) {
    if (text == "*" && method == "OPTIONS") {
        return Target{"*", {}};
    }
    const auto rest = without_origin(text);
    const auto question = std::min(rest.find('?'), rest.size());
    const auto path = rest.substr(0, question);
    const bool absolute = rest.size() != text.size();
    if (!path.starts_with('/') && !(absolute && path.empty())) {
        return fail(Fault::input, "the request target must be a path that begins with /");
    }
    if (rest.find('#') != rest.npos) {
        return fail(Fault::input, "the request target must not contain #");
    }
    const auto encoded = boost::urls::make_pct_string_view({path.data(), path.size()});
    if (!encoded) {
        return fail(Fault::input,
                    "in the request path, each % must be followed by two hexadecimal digits");
    }
    Target target{path.empty() ? "/" : encoded->decode(),
                  std::string{rest.substr(std::min(question + 1, rest.size()))}};
    if (target.path.find('\0') != std::string::npos) {
        return fail(Fault::input, "the request path must not contain a zero byte");
    }
    return target;
}

} // namespace common::http_server

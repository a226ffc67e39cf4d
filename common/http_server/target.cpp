#include "common/http_server/target.hpp"

#include "common/base/ascii.hpp"

#include <algorithm>
#include <boost/url/pct_string_view.hpp>
#include <optional>
#include <utility>

namespace common::http_server {

namespace {

/// The authority of the absolute form, and what follows it; for any other form nothing.
std::optional<std::pair<std::string_view, std::string_view>> absolute_form(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (equal_ignoring_case(text.substr(0, scheme.size()), scheme)) {
            text.remove_prefix(scheme.size());
            const auto end = std::min(text.find_first_of("/?"), text.size());
            return std::pair{text.substr(0, end), text.substr(end)};
        }
    }
    return std::nullopt;
}

} // namespace

Result<Target> parse_target(std::string_view text, std::string_view method) {
    if (text == "*" && method == "OPTIONS") {
        return Target{"*", {}, {}};
    }
    const auto absolute = absolute_form(text);
    const auto rest = absolute ? absolute->second : text;
    const auto question = std::min(rest.find('?'), rest.size());
    const auto path = rest.substr(0, question);
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
                  std::string{rest.substr(std::min(question + 1, rest.size()))},
                  std::string{absolute ? absolute->first : std::string_view{}}};
    if (absolute && target.authority.empty()) {
        return fail(Fault::input, "the request target must name a host after http://");
    }
    if (target.path.find('\0') != std::string::npos) {
        return fail(Fault::input, "the request path must not contain a zero byte");
    }
    return target;
}

} // namespace common::http_server

#include "common/net/problem.hpp"

#include "common/base/printable.hpp"
#include "common/net/status_phrase.hpp"
#include "common/text/json.hpp"

#include <nlohmann/json.hpp>

namespace common {

HttpReply problem(unsigned status, const std::string& detail, Headers extra) {
    const nlohmann::ordered_json body{{"type", "about:blank"},
                                      {"title", status_phrase(status)},
                                      {"status", status},
                                      {"detail", printable(detail)}};
    extra.push_back({"Content-Type", "application/problem+json"});
    return {status, std::move(extra), text_of(body)};
}

HttpReply json_reply(unsigned status, std::string body) {
    return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

} // namespace common

#include "agent/webhooks/attempt_class.hpp"

#include <array>

namespace agent {

namespace {

AttemptClass class_of(unsigned status) {
    if (status == 429) {
        return AttemptClass::too_many;
    }
    switch (status / 100) {
    case 2:
        return AttemptClass::success;
    case 3:
        return AttemptClass::redirect;
    case 4:
        return AttemptClass::client_error;
    case 5:
        return AttemptClass::server_error;
    default:
        return AttemptClass::other;
    }
}

AttemptClass class_of(common::Cause cause) {
    switch (cause) {
    case common::Cause::denied:
        return AttemptClass::denied;
    case common::Cause::name:
        return AttemptClass::no_address;
    case common::Cause::connection:
        return AttemptClass::no_connection;
    case common::Cause::tls:
        return AttemptClass::tls;
    case common::Cause::timeout:
        return AttemptClass::timeout;
    case common::Cause::other:
        break;
    }
    return AttemptClass::other;
}

} // namespace

AttemptClass attempt_class_of(const common::Result<common::HttpReply>& reply) {
    return reply ? class_of(reply->status) : class_of(reply.error().cause);
}

std::string_view to_string(AttemptClass attempt) {
    static constexpr std::array<std::string_view, attempt_classes> words{
        "2xx", "3xx", "4xx", "429", "5xx", "timeout", "connect", "dns", "tls", "denied", "other"};
    return words.at(static_cast<std::size_t>(attempt));
}

} // namespace agent

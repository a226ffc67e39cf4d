#include "agent/webhooks/reject_reason.hpp"

#include <array>

namespace agent {

RejectReason reject_reason_of(unsigned status) {
    switch (status) {
    case 400:
        return RejectReason::invalid;
    case 401:
        return RejectReason::unauthorized;
    case 403:
    case 421:
    case 508:
        return RejectReason::forbidden;
    case 408:
        return RejectReason::timeout;
    case 413:
        return RejectReason::too_large;
    case 415:
        return RejectReason::media_type;
    case 503:
        return RejectReason::busy;
    default:
        return RejectReason::other;
    }
}

std::string_view to_string(RejectReason reason) {
    static constexpr std::array<std::string_view, reject_reasons> words{
        "invalid", "unauthorized", "forbidden", "too_large",      "media_type", "timeout",
        "busy",    "queue_full",   "storage",   "no_definitions", "other"};
    return words.at(static_cast<std::size_t>(reason));
}

} // namespace agent

// RejectReason: why events were not accepted, as far as metrics tell that apart. Pure.
#pragma once

#include <cstddef>
#include <string_view>

namespace agent {

enum class RejectReason : unsigned char {
    invalid,        ///< 400
    unauthorized,   ///< 401
    forbidden,      ///< 403, 421, 508: this caller, or under this name, or its own event
    too_large,      ///< 413
    media_type,     ///< 415
    timeout,        ///< 408
    busy,           ///< 503: memory or connections are in use
    queue_full,     ///< 503
    storage,        ///< 503: the queue cannot be written
    no_definitions, ///< 503: no webhooks have ever been known
    other,
};
inline constexpr auto reject_reasons = static_cast<std::size_t>(RejectReason::other) + 1;

/// Of what was refused before its events were read.
RejectReason reject_reason_of(unsigned status);

/// The value of the metrics' label: "queue_full".
std::string_view to_string(RejectReason reason);

} // namespace agent

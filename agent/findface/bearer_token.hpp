// BearerToken: what a login gave, and until when it is good to use. A value; nothing survives a
// restart. The life of a JWT is measured on the monotonic clock from the moment it was received: a
// wall clock that jumps makes no token old or young.
#pragma once

#include "common/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace agent::findface {

struct BearerToken {
    std::string text;
    std::optional<common::Instant> renew_at; ///< none: kept until it is answered 401
    [[nodiscard]] bool due(common::Instant now) const { return renew_at && now >= *renew_at; }
};

/// The life that a JWT (RFC 7519 section 4.1) names for itself: exp − iat, or exp − `wall` where it
/// has no iat. Nothing for a text that is no JWT, has no exp, or would be dead on arrival (then one
/// of the two clocks is wrong). The signature is the server's business.
std::optional<common::Millis> token_life(std::string_view text, common::WallTime wall);

/// Renewal is due a tenth of the life before its end, at most 30 s before.
BearerToken bearer_token_from(std::string text, common::Instant received, common::WallTime wall);

} // namespace agent::findface

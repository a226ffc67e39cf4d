// BearerToken: the token that a login returned, and when to renew it. A value; nothing survives a
// restart. The life of a JWT is measured on the monotonic clock from the moment it was received, so
// a jump of the wall clock makes no token older or younger.
#pragma once

#include "common/base/time.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace agent::findface {

struct BearerToken {
    std::string text;
    std::optional<common::Instant> renew_at; ///< none: used until the server answers 401
    [[nodiscard]] bool due(common::Instant now) const { return renew_at && now >= *renew_at; }
};

/// The life that a JWT (RFC 7519 section 4.1) states: exp − iat, or exp − `wall` if it has no iat.
/// Nothing if the text is not a JWT, has no exp, or has expired already (then one of the two clocks
/// is wrong). The signature is not checked.
std::optional<common::Millis> token_life(std::string_view text, common::WallTime wall);

/// Renewal is due when a tenth of the life is left, but at most 30 s before its end.
BearerToken bearer_token_from(std::string text, common::Instant received, common::WallTime wall);

} // namespace agent::findface

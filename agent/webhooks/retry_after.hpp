// Retry-After (RFC 9110 section 10.2.3) as targets really send it. Pure.
#pragma once

#include "common/base/time.hpp"
#include "common/net/http.hpp"

#include <cstdint>
#include <optional>

namespace agent {

/// How long the reply asks to wait: 0 to 1 hour, the longest of several headers. Seconds may have a
/// fraction and are rounded up; what follows a readable number or date is ignored. A date may be in
/// any common form, and is relative to the reply's own Date, or without one to `now`; a clock that
/// is not synchronised counts only if the date lies within the hour ahead of it, for clocks that
/// are wrong are mostly wrong by far more. Nothing when there is none or it cannot be read.
std::optional<common::Millis> retry_after(const common::Headers& headers,
                                          const common::DeviceTime& now);

} // namespace agent

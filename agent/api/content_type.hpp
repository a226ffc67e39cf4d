// Which body a producer sends, decided by its headers alone. Values; any thread.
#pragma once

#include "agent/events/event_splitter.hpp"
#include "common/base/result.hpp"
#include "common/net/http.hpp"

namespace agent {

inline constexpr const char* accepted_types = "application/json, application/x-ndjson";

/// A missing Content-Type means JSON. Any other type, a charset other than UTF-8, and a compressed
/// body are errors that say what to send.
common::Result<BodyFormat> body_format(const common::Headers& headers);

} // namespace agent

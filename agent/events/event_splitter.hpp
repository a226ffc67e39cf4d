// Splits a request body into the texts of its events. Pure.
#pragma once

#include "common/base/result.hpp"

#include <string_view>
#include <vector>

namespace agent {

enum class BodyFormat { json, ndjson };

/// Returns the texts of the events as views into `body`, without surrounding white space. `json`:
/// one object or an array of them; `ndjson`: one event per line, blank lines skipped. Checks only
/// what the split needs; read_event() checks each part. An empty array holds no events; an empty
/// body is an error. Errors (Fault::input) name the event's index from 0, or the byte from 1.
common::Result<std::vector<std::string_view>> split_events(std::string_view body,
                                                           BodyFormat format);

} // namespace agent

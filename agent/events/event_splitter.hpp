// Splits a request body into the texts of its events. Pure.
#pragma once

#include "common/base/result.hpp"

#include <cstddef>
#include <functional>
#include <string_view>
#include <vector>

namespace agent {

enum class BodyFormat { json, ndjson };

/// Gets the text of each event in turn; false: the rest is not wanted.
using EachEvent = std::function<bool(std::string_view event)>;

/// Returns the texts of the events as views into `body`, without surrounding white space. `json`:
/// one object or an array of them; `ndjson`: one event per line, blank lines skipped. Checks only
/// what the split needs; read_event() checks each part. An empty array holds no events; an empty
/// body is an error. Errors (Fault::input) name the event's index from 0, or the byte from 1.
common::Result<std::vector<std::string_view>> split_events(std::string_view body,
                                                           BodyFormat format);
/// The same without a list of them, which takes several times the space of the body where events
/// are small. Returns how many there were. The events before an error were handed over.
common::Result<std::size_t> split_events(std::string_view body, BodyFormat format,
                                         const EachEvent& each);

} // namespace agent

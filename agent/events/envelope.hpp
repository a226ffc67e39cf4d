// Recognises an object that holds events rather than being one: {"events": [...]}. Every JSON
// object is a valid event, so that such a one is accepted, and is silent: no filter finds anything
// in it. Pure.
#pragma once

#include "agent/events/event.hpp"

#include <string>
#include <string_view>

namespace agent {

/// A sentence that names the key and what it holds; empty for anything that may be an event. `text`
/// is the one that `event` was read from; cheap unless the event says nothing.
std::string envelope_hint(const Event& event, std::string_view text);

} // namespace agent

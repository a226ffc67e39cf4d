// Tells the event list of the requests of producers that were refused. Loop thread.
#pragma once

#include "agent/event_list/event_list.hpp"
#include "common/http_server/handler.hpp"

namespace agent {

/// Ignores what is no attempt to send an event: other paths of the API, and reading.
void note_refusal(EventList& events, const common::http_server::RefusedRequest& refused);

} // namespace agent

// Tells the event list, and counts, the requests of producers that were refused. Loop thread.
#pragma once

#include "agent/event_list/event_list.hpp"
#include "agent/webhooks/counters.hpp"
#include "common/http_server/handler.hpp"

namespace agent {

/// Ignores what is no attempt to send an event: other paths of the API, and reading. What Ingest
/// refused it has counted itself.
void note_refusal(EventList& events, Counters& counters,
                  const common::http_server::RefusedRequest& refused);

} // namespace agent

// The event list as JSON (contract section 5): what became of an event for each webhook, and for
// those that it does not match why, which is found out here. Loop thread.
#pragma once

#include "agent/event_list/listed_event.hpp"
#include "common/base/time.hpp"

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

namespace agent {

/// How long the retries of a webhook wait for a probe; nothing while they wait for none.
using ProbeIn = std::function<std::optional<common::Millis>(const std::string& webhook)>;

/// The moment at which an event is shown, and what is shown of it.
struct EventView {
    common::Instant now;
    std::int64_t queue_time = 0;
    ProbeIn probe_in{};
    std::optional<std::string> webhook{}; ///< key or name: only that one
    bool details = false;                 ///< also the event and the attempts
    /// So many webhooks without a delivery are shown, the others counted in "webhooks_left_out".
    std::size_t most_unmatched = 100;
};

nlohmann::ordered_json event_json(const ListedEvent& listed, const Event& event,
                                  const EventView& view);
nlohmann::ordered_json refusal_json(const RefusedRequest& refused, const EventView& view);

} // namespace agent

// The event list as JSON (contract section 5): what became of an event for each webhook, and for
// those that it does not match why, which is found out here. Loop thread.
#pragma once

#include "agent/event_list/listed_event.hpp"
#include "agent/events/event.hpp"
#include "agent/events/unread_values.hpp"
#include "common/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// How long the retries of a webhook wait for a probe; nothing while they wait for none.
using ProbeIn = std::function<std::optional<common::Millis>(const std::string& webhook)>;

/// The moment at which an event is shown, and what is shown of it.
struct EventView {
    common::Instant now;
    std::int64_t queue_time = 0;
    ProbeIn probe_in{};
    std::optional<std::string> webhook{}; ///< its key: only that one
    bool details = false;                 ///< also the event and the attempts
    /// So many webhooks without a delivery are shown, the others counted in "webhooks_left_out".
    std::size_t most_unmatched = 100;
};

/// The JSON text of an event, put together webhook by webhook, for there may be thousands of them.
class EventText {
  public:
    /// `listed`, which `event` was read from, must stay in the list until the end.
    EventText(const ListedEvent& listed, Event event, const EventView& view);
    /// Adds the next webhook. False: all are there.
    bool add_webhook();
    /// The whole text. To be called once, after the last webhook.
    std::string end();

  private:
    nlohmann::ordered_json state_of(const Webhook& webhook, bool shown);
    nlohmann::ordered_json delivery(std::size_t place) const;
    [[nodiscard]] std::int64_t next_attempt(const ListedDelivery& one) const;
    [[nodiscard]] const std::vector<ListedAttempt>* failures(std::size_t place) const;
    [[nodiscard]] nlohmann::ordered_json last_error(const ListedDelivery& one,
                                                    std::size_t place) const;
    [[nodiscard]] nlohmann::ordered_json history(const ListedDelivery& one,
                                                 std::size_t place) const;

    const ListedEvent& listed_;
    Event event_;
    const EventView& view_;
    UnreadValues unread_;
    std::string text_;
    std::size_t webhook_ = 0;                // the next one of the snapshot
    std::size_t place_ = 0, suppressed_ = 0; // the next ones of the event
    std::size_t shown_ = 0, left_out_ = 0;   // without a delivery
};

nlohmann::ordered_json refusal_json(const RefusedRequest& refused, const EventView& view);

} // namespace agent

// EventsApi: the event list over HTTP (contract section 5). Loop thread. A long list is put
// together in turns, between which other work of the loop runs.
#pragma once

#include "agent/api/event_json.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/queue/queue.hpp"
#include "common/async/task.hpp"
#include "common/base/memory_budget.hpp"
#include "common/net/http.hpp"

#include <optional>
#include <string>

namespace agent {

/// GET /v1/events?limit=&camera=&webhook=&after=
struct EventsQuery {
    std::size_t limit = 200;
    std::uint64_t after = 0;
    std::optional<Id> camera;
    std::optional<std::string> webhook; ///< key or name
};
common::Result<EventsQuery> read_events_query(std::string_view query);

class EventsApi {
  public:
    /// All outlive it. Lists count in `memory` while they are put together.
    EventsApi(common::Clock& clock, Queue& queue, WebhookCache& cache, const Config& config,
              common::MemoryBudget& memory)
        : clock_{clock}, queue_{queue}, cache_{cache}, config_{config}, memory_{memory} {}

    void show_probes(ProbeIn probe_in) { probe_in_ = std::move(probe_in); }

    /// {"events":[…],"last","enabled"}, newest first. With "more":true there were more than fit
    /// into one answer.
    common::Task<common::HttpReply> list(std::string query);
    /// One event with its text and the attempts that are known; 404 when it is not in the list.
    common::Task<common::HttpReply> show(std::string seq);

  private:
    [[nodiscard]] EventView view() const;
    [[nodiscard]] common::Result<void>
    check_webhook(const std::optional<std::string>& wanted) const;
    /// The text of one entry, if the query asks for it.
    [[nodiscard]] std::optional<std::string> entry(std::uint64_t seq, const EventsQuery& wanted,
                                                   const EventView& view) const;

    common::Clock& clock_;
    Queue& queue_;
    WebhookCache& cache_;
    const Config& config_;
    common::MemoryBudget& memory_;
    ProbeIn probe_in_;
};

} // namespace agent

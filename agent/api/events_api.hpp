// EventsApi: the event list over HTTP (contract section 5). Loop thread. Lists and events are put
// together in turns, between which other work of the loop runs.
#pragma once

#include "agent/api/event_json.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/queue/queue.hpp"
#include "agent/webhooks/webhook_name.hpp"
#include "common/async/turn.hpp"
#include "common/base/crypto.hpp"
#include "common/base/memory_budget.hpp"
#include "common/net/http.hpp"

#include <optional>
#include <string>
#include <vector>

namespace agent {

/// GET /v1/events?limit=&camera=&webhook=&after=
struct EventsQuery {
    std::size_t limit = 200;
    std::uint64_t after = 0;
    std::optional<Id> camera;
    std::optional<std::string> webhook; ///< key or name; list() makes a key of it
};
common::Result<EventsQuery> read_events_query(std::string_view query);

class EventsApi {
  public:
    /// All outlive it. Lists count in `memory` while they are put together.
    EventsApi(common::Clock& clock, Queue& queue, WebhookCache& cache, const Config& config,
              common::MemoryBudget& memory)
        : clock_{clock}, queue_{queue}, cache_{cache}, config_{config}, memory_{memory} {}

    void show_probes(ProbeIn probe_in) { probe_in_ = std::move(probe_in); }

    /// {"events":[…],"last","enabled","list_id"}, newest first. With "more":true there were more
    /// than fit into one answer. Numbers of events are those of the list with that id only: each
    /// start begins another.
    common::Task<common::HttpReply> list(std::string query);
    /// One event with its text and the attempts that are known; 404 when it is not in the list.
    common::Task<common::HttpReply> show(std::string seq);

  private:
    [[nodiscard]] EventView view() const;
    /// Those that only events of the list still have.
    [[nodiscard]] std::vector<WebhookName> removed_webhooks() const;
    /// Makes a key of a key or name. The reply says why that is not possible.
    [[nodiscard]] std::optional<common::HttpReply>
    resolve_webhook(std::optional<std::string>& webhook) const;
    /// A refused request or an event, until the next turn.
    struct Entry {
        const RefusedRequest* refused;
        const ListedEvent* listed;
        Event event; ///< as read from `listed`
    };
    /// Empty: it is not in the list, or the query does not ask for it.
    [[nodiscard]] std::optional<Entry> find(std::uint64_t seq, const EventsQuery& wanted) const;
    /// Empty: it has left the list between two turns.
    common::Task<std::optional<std::string>>
    text_of(std::uint64_t seq, Entry entry, const EventView& view, common::Turn& turn) const;

    common::Clock& clock_;
    Queue& queue_;
    WebhookCache& cache_;
    const Config& config_;
    common::MemoryBudget& memory_;
    ProbeIn probe_in_;
    const std::string list_id_ = common::UuidV7{}.next(clock_.wall());
};

} // namespace agent

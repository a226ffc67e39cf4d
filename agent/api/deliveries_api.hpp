// DeliveriesApi: the queue's rows over HTTP (contract section 5): list, show, retry, drop. Loop
// thread. Every change has been committed by the queue when the answer goes out.
#pragma once

#include "agent/api/event_json.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/queue/queue.hpp"
#include "common/async/task.hpp"
#include "common/base/memory_budget.hpp"
#include "common/net/http.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>

namespace agent {

class DeliveriesApi {
  public:
    /// Pages with events count in `memory` while they are put together.
    DeliveriesApi(common::Clock& clock, Queue& queue, WebhookCache& cache,
                  common::MemoryBudget& memory)
        : clock_{clock}, queue_{queue}, cache_{cache}, memory_{memory} {}

    /// From now on what waits behind a probe is shown as due no sooner than that.
    void show_probes(ProbeIn probe_in) { probe_in_ = std::move(probe_in); }

    /// {"deliveries":[…],"next","total"}; `next` is null on the last page. With bodies=1 a page may
    /// be shorter than its limit: `next` decides. 404 for a webhook that is neither known nor in
    /// the queue, as everywhere below.
    common::Task<common::HttpReply> list(std::string query);
    /// One row with its event, byte for byte, and the attempts that are still known.
    common::Task<common::HttpReply> show(std::string id);

    /// 404 when there is no such delivery, 400 for a query.
    common::Task<common::HttpReply> edit_one(std::string id, std::string query, Edit how);
    /// Edits all that the body selects; answers {"retried":n} or {"dropped":n}. 400 for a query and
    /// for a body that selects nothing.
    common::Task<common::HttpReply> edit_all(std::string query, std::string body, Edit how);

  private:
    [[nodiscard]] std::string name_of(const DeliveryRow& row) const;
    void wait_for_probe(DeliveryRow& row) const;
    /// Makes a key of the key or name in `selection`. The reply says why that is not possible.
    [[nodiscard]] std::optional<common::HttpReply> resolve_webhook(Selection& selection) const;
    [[nodiscard]] std::uint64_t total(const Selection& selection) const;

    common::Clock& clock_;
    Queue& queue_;
    WebhookCache& cache_;
    common::MemoryBudget& memory_;
    ProbeIn probe_in_;
};

} // namespace agent

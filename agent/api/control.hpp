// Control: the HTTP API except POST /v1/events: explain, status, deliveries, tests, sync, metrics,
// livez, readyz and the page. Loop thread. It reads what the others count and asks the queue for
// rows; it decides nothing.
#pragma once

#include "agent/api/deliveries_api.hpp"
#include "agent/api/events_api.hpp"
#include "agent/api/explain_api.hpp"
#include "agent/api/routes.hpp"
#include "agent/api/status_sources.hpp"
#include "agent/api/test_delivery.hpp"
#include "common/async/task.hpp"
#include "common/net/http.hpp"

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <utility>

namespace agent {

class Control {
  public:
    /// Fetches the definitions and reads the local file again.
    using SyncNow = std::function<common::Task<common::Result<Changes>>()>;

    /// All references outlive it; the uptime counts from here. It stays where it is.
    Control(common::Clock& clock, Queue& queue, WebhookCache& cache, const Config& config,
            const Counters& stats, common::MemoryBudget& memory, SyncNow sync_now);

    Control(const Control&) = delete;
    Control& operator=(const Control&) = delete;

    /// Any route except POST /v1/events, with a method that the route allows.
    common::Task<common::HttpReply> handle(const RouteMatch& match, common::Incoming request);

    /// Where TCP listens, so that the status can warn of webhooks that lead back here.
    void listening_at(const common::http_server::BoundAddress& bound) { sources_.bound = bound; }

    void show_probes(ProbeIn probe_in) {
        events_.show_probes(probe_in);
        deliveries_.show_probes(std::move(probe_in));
    }

    /// From now on the status knows what the other parts do.
    void look_outside(std::function<OutsideFacts()> outside) {
        sources_.outside = std::move(outside);
    }

    [[nodiscard]] nlohmann::json status() const;
    /// "fail: 3 of 80 webhooks fail; the oldest delivery waits 54 s"; empty if all is well.
    [[nodiscard]] std::string trouble() const;
    /// Empty: ready. Otherwise the reason, as readyz shows it.
    [[nodiscard]] std::string not_ready() const;

  private:
    nlohmann::json status_for(const common::Incoming& request) const;
    common::HttpReply ready() const;
    common::Task<common::HttpReply> sync();

    StatusSources sources_;
    ExplainApi explain_;
    DeliveriesApi deliveries_;
    EventsApi events_;
    TestDelivery test_;
    SyncNow sync_now_;
};

} // namespace agent

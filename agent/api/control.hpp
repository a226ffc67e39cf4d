// Control: everything of the HTTP API but POST /v1/events: explain, status, deliveries, sync,
// metrics, livez, readyz, the page. Loop thread. It reads what the others count and asks the queue
// for rows; it decides nothing.
#pragma once

#include "agent/api/deliveries_api.hpp"
#include "agent/api/status_sources.hpp"
#include "common/http_server/http_server.hpp"

#include <functional>
#include <nlohmann/json_fwd.hpp>

namespace agent {

class Control {
  public:
    /// What control asks of moving parts that it does not know.
    struct Asks {
        std::function<common::Task<common::Result<Changes>>()>
            sync; ///< fetch definitions and re-read the local file
    };

    /// All references outlive it; the uptime counts from here.
    Control(common::Clock& clock, Queue& queue, WebhookCache& cache, const Config& config,
            const Counters& stats, OpenReport opened, Asks asks);

    /// Any path but /v1/events; 404 and 405 (with Allow) are answered here too. Paths that are not
    /// for TCP without a token are the router's business, not control's.
    common::Task<common::HttpReply> handle(common::Incoming request);

    [[nodiscard]] nlohmann::json status() const;
    /// Empty: ready. Otherwise why not, for people.
    [[nodiscard]] std::string not_ready() const;

  private:
    common::HttpReply explain(const common::Incoming& request) const;
    common::HttpReply ready() const;
    common::Task<common::HttpReply> sync();

    StatusSources sources_;
    DeliveriesApi deliveries_;
    Asks asks_;
};

} // namespace agent

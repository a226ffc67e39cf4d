// Dispatcher: makes the attempts. One lane per webhook, each with its own fresh deliveries, retries
// and probe. Lanes share the limits of attempts in flight, in all and per target (scheme, host,
// port), and the probe of a target of which nothing answers. Loop thread. Nothing here survives a
// crash, and nothing needs to: the queue has it all.
//
// agent/delivery/ sends what the queue holds and reports every outcome to it. It uses the queue,
// the webhook cache, the configuration and the HTTP client, and does not know the API.
#pragma once

#include "agent/config/config.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/queue/queue.hpp"
#include "agent/webhooks/counters.hpp"
#include "agent/webhooks/waiting.hpp"
#include "common/async/clock.hpp"
#include "common/base/backoff.hpp"
#include "common/http_client/http_client.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// A target and its lanes as seen from outside.
struct TargetStatus {
    std::string target; ///< origin
    /// False: no HTTP answer of any of its webhooks since an attempt got none.
    bool reachable = true;
    std::size_t in_flight = 0;
    std::size_t held = 0; ///< deliveries in memory, without those in flight
};

class Dispatcher {
  public:
    /// Nothing is attempted before the first update_lanes(). After that, stop() must have returned
    /// before the dispatcher is destroyed.
    /// `chance` decides the jitter of retries and probes.
    Dispatcher(common::Executor loop, common::Clock& clock, common::HttpClient& client,
               Queue& queue, WebhookCache& cache, const Config& config, Counters& counters,
               common::Chance chance = common::random_chance());
    ~Dispatcher();

    /// New committed deliveries.
    void committed(std::vector<Delivery> deliveries);
    /// The snapshot or the configuration has changed. A lane whose webhooks are others now reads
    /// back what it held in memory.
    void update_lanes();
    /// Deliveries were retried or dropped from outside: their lanes read them back at once.
    void rows_changed(const Selection& selection);

    [[nodiscard]] std::vector<TargetStatus> targets() const;
    /// If the webhook's retries wait for a probe: in how long it is due, 0 while it is in flight.
    [[nodiscard]] std::optional<common::Millis> probe_in(const std::string& webhook) const;
    /// For the status: one pass over all lanes.
    [[nodiscard]] WaitingByWebhook waiting() const;
    /// Grows with every attempt and every read from the queue, as proof for the watchdog that
    /// deliveries make progress.
    [[nodiscard]] std::uint64_t progress() const;

    /// Starts no new attempts. Those in flight get up to `grace`, then they are cancelled. Every
    /// outcome is written when it returns, unless the database refuses it.
    common::Task<> stop(common::Millis grace);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace agent

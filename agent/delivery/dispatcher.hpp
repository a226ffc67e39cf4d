// Dispatcher: makes the attempts. One lane a target (scheme, host, port), each with its slots, its
// fresh deliveries in memory (bounded, the rest is read back from the queue), its retries, its
// probe. Lanes share nothing but the limit of attempts in flight. Loop thread. Nothing here
// survives a crash and nothing needs to: the queue has it all.
#pragma once

#include "agent/config/config.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/queue/queue.hpp"
#include "agent/webhooks/counters.hpp"
#include "common/async/clock.hpp"
#include "common/http_client/http_client.hpp"

#include <memory>
#include <string>
#include <vector>

namespace agent {

/// A lane as people see it.
struct LaneStatus {
    std::string target; ///< origin
    bool reachable =
        true; ///< false: no HTTP answer since an attempt got none; retries wait behind one probe
    std::size_t in_flight = 0;
    std::size_t held = 0; ///< deliveries in memory
};

class Dispatcher {
  public:
    /// Nothing is attempted before the first redraw(). Once there was one, stop() must have
    /// returned before the dispatcher goes.
    Dispatcher(common::Executor loop, common::Clock& clock, common::HttpClient& client,
               Queue& queue, WebhookCache& cache, const Config& config, Counters& stats);
    ~Dispatcher();

    /// New committed deliveries.
    void committed(std::vector<Delivery> deliveries);
    /// The snapshot or the configuration changed: lanes are drawn anew; what they held in memory is
    /// read back.
    void redraw();
    /// Somebody retried or dropped deliveries: what is held of them is read back, and their lanes
    /// look at once.
    void rows_changed(const Selection& selection);

    [[nodiscard]] std::vector<LaneStatus> lanes() const;
    /// Grows with every attempt and every look at the queue: the watchdog's proof that deliveries
    /// make progress.
    [[nodiscard]] std::uint64_t progress() const;

    /// No new attempts; those in flight get up to `grace`, then they are broken off. Settled when
    /// it returns.
    common::Task<> stop(common::Millis grace);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace agent

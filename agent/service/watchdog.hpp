// Watchdog: tells the supervisor how the agent is: STATUS= in words, and WATCHDOG=1 only while the
// loop, the store and the deliveries make progress. Loop thread.
#pragma once

#include "agent/config/config.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/delivery/dispatcher.hpp"
#include "agent/queue/queue.hpp"
#include "common/async/clock.hpp"
#include "common/base/systemd.hpp"
#include "common/sqlite/database.hpp"

namespace agent {

class Watchdog {
  public:
    Watchdog(common::Clock& clock, common::Database& database, const Queue& queue,
             const Dispatcher& dispatcher, const WebhookCache& cache, const Config& config,
             const common::SystemdNotifier& notify);
    /// Until cancelled.
    common::Task<> run();

  private:
    [[nodiscard]] bool deliveries_progress();
    [[nodiscard]] std::string status() const;

    common::Clock& clock_;
    common::Database& database_;
    const Queue& queue_;
    const Dispatcher& dispatcher_;
    const WebhookCache& cache_;
    const Config& config_;
    const common::SystemdNotifier& systemd_;
    std::uint64_t progress_ = 0;
    common::Instant progressed_at_;
};

} // namespace agent

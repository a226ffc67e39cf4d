// Watchdog: tells systemd how the agent is doing: STATUS= in words, and WATCHDOG=1 only while the
// loop, the database's thread and the deliveries make progress. Loop thread.
#pragma once

#include "agent/config/config.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/delivery/dispatcher.hpp"
#include "agent/queue/queue.hpp"
#include "common/async/clock.hpp"
#include "common/base/systemd.hpp"
#include "common/sqlite/database.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace agent {

/// "serving 2 webhooks, 1 delivery waiting".
std::string status_text(bool webhooks_known, std::size_t serving, std::uint64_t pending);

class Watchdog {
  public:
    Watchdog(common::Clock& clock, common::Database& database, const Queue& queue,
             const Dispatcher& dispatcher, const WebhookCache& cache, const Config& config,
             common::SystemdNotifier& systemd);
    /// What STATUS= says besides, if anything: asked every ten seconds at least.
    void show_verdict(std::function<std::string()> verdict) { verdict_ = std::move(verdict); }
    /// Until cancelled.
    common::Task<> run();
    /// The same, beside run(), for the time in which a salvage occupies the database's thread:
    /// feeds the supervisor as long as the salvage makes progress.
    common::Task<> run_beside_repairs();
    /// For STATUS=.
    [[nodiscard]] std::string status() const;
    /// Whether something was due and nothing has moved for longer than any target explains.
    [[nodiscard]] bool stands_still() const { return stands_still_; }

  private:
    [[nodiscard]] bool deliveries_stand_still();
    [[nodiscard]] common::Millis interval() const;

    common::Clock& clock_;
    common::Database& database_;
    const Queue& queue_;
    const Dispatcher& dispatcher_;
    const WebhookCache& cache_;
    const Config& config_;
    common::SystemdNotifier& systemd_;
    std::function<std::string()> verdict_ = [] { return std::string{}; };
    bool stands_still_ = false;
    std::uint64_t progress_ = 0;    ///< the dispatcher's, when it last changed
    common::Instant progressed_at_; ///< and when that was seen
    std::uint64_t repaired_ = 0;    ///< the queue's repair_progress() when the status was sent
};

} // namespace agent

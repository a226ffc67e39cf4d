// Sources: what the status and the metrics are read from. References to parts that live as long as the program, and what was known at
// its start. Loop thread.
#pragma once

#include "agent/config/config.hpp"
#include "agent/queue/queue.hpp"
#include "agent/store/salvage.hpp"
#include "agent/webhooks/stats.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "common/async/clock.hpp"

namespace agent {

struct Sources {
    common::Clock& clock;
    Outbox& outbox;
    WebhookCache& cache;
    const Config& config;
    const Stats& stats;
    Opened opened;
    common::Instant started;

    [[nodiscard]] double uptime_s() const { return std::chrono::duration<double>(clock.now() - started).count(); }
    /// What was counted for a webhook; zeros for one that nothing happened to.
    [[nodiscard]] const WebhookStats& counted(const std::string& key) const {
        static const WebhookStats none;
        const auto found = stats.webhooks.find(key);
        return found == stats.webhooks.end() ? none : found->second;
    }
};

} // namespace agent

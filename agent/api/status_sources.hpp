// StatusSources: what the status and the metrics are computed from. References to parts that live
// as long as the program. Loop thread.
#pragma once

#include "agent/config/config.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/queue/queue.hpp"
#include "agent/webhooks/counters.hpp"
#include "common/async/clock.hpp"
#include "common/base/memory_budget.hpp"
#include "common/http_server/bound_address.hpp"

namespace agent {

struct StatusSources {
    common::Clock& clock;
    Queue& queue;
    WebhookCache& cache;
    const Config& config;
    const Counters& stats;
    const common::MemoryBudget& memory;
    common::Instant started;
    common::http_server::BoundAddress bound{};

    [[nodiscard]] double uptime_s() const {
        return std::chrono::duration<double>(clock.now() - started).count();
    }
    /// What was counted for a webhook; zeros if nothing has happened to it.
    [[nodiscard]] const WebhookCounters& counted(const std::string& key) const {
        static const WebhookCounters none;
        const auto found = stats.webhooks.find(key);
        return found == stats.webhooks.end() ? none : found->second;
    }
};

} // namespace agent

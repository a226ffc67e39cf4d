// StatusSources: what the status and the metrics are computed from. References to parts that live
// as long as the program. Loop thread.
#pragma once

#include "agent/api/problem_history.hpp"
#include "agent/api/problems.hpp"
#include "agent/config/config.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/queue/queue.hpp"
#include "agent/webhooks/counters.hpp"
#include "common/async/clock.hpp"
#include "common/base/memory_budget.hpp"
#include "common/http_server/bound_address.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace agent {

/// What only the parts beside and above this folder know.
struct OutsideFacts {
    WaitingByWebhook waiting;
    /// When the certificates end that peers have shown in handshakes, by "host:port".
    std::map<std::string, common::WallTime> peers;
    /// This device's own certificates.
    struct OwnCertificate {
        std::string what; ///< "[ingest] tls_cert_file"
        std::string file;
        common::WallTime ends;
    };
    std::vector<OwnCertificate> own;
    bool deliveries_stand_still = false;
    std::string no_socket{}; ///< why [ingest] socket does not exist; empty: it does
};

struct StatusSources {
    common::Clock& clock;
    Queue& queue;
    WebhookCache& cache;
    const Config& config;
    const Counters& stats;
    const common::MemoryBudget& memory;
    common::Instant started;
    common::http_server::BoundAddress bound{};
    std::function<OutsideFacts()> outside = [] { return OutsideFacts{}; };
    std::shared_ptr<ProblemHistory> history = std::make_shared<ProblemHistory>();

    [[nodiscard]] double uptime_s() const { return common::seconds(clock.now() - started); }
    /// As metrics tell it: seconds since 1970 by the wall clock as it is now, 0 for never.
    [[nodiscard]] double timestamp(const std::optional<common::Instant>& when) const {
        return when ? common::seconds(clock.wall().time_since_epoch() - (clock.now() - *when)) : 0;
    }
    /// What was counted for a webhook; zeros if nothing has happened to it.
    [[nodiscard]] const WebhookCounters& counted(const std::string& key) const {
        static const WebhookCounters none;
        const auto found = stats.webhooks.find(key);
        return found == stats.webhooks.end() ? none : found->second;
    }
};

} // namespace agent

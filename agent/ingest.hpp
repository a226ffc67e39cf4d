// Ingest: POST /v1/events. A body becomes events, events are matched against the snapshot of this moment and handed to the outbox; 202
// goes out when the outbox has committed. Loop thread.
#pragma once

#include "agent/outbox.hpp"
#include "agent/stats.hpp"
#include "agent/webhook_cache.hpp"
#include "common/clock.hpp"
#include "common/http_server.hpp"

namespace agent {

class Ingest {
  public:
    Ingest(common::Clock& clock, Outbox& outbox, WebhookCache& cache, Stats& stats);

    /// Refuses by the head alone what need not be read: 415.
    [[nodiscard]] std::optional<common::HttpReply> refuse(const common::Incoming& head) const;
    common::Task<common::HttpReply> post(common::Incoming request);

  private:
    common::Clock& clock_;
    Outbox& outbox_;
    WebhookCache& cache_;
    Stats& stats_;
};

} // namespace agent

// Ingest: POST /v1/events. A body becomes events, events are matched against the snapshot of this
// moment and handed to the queue; 202 goes out when the queue has committed. Loop thread. What it
// holds is memory: nobody was told 202 for it yet.
#pragma once

#include "agent/definitions/webhook_cache.hpp"
#include "agent/queue/queue.hpp"
#include "agent/webhooks/counters.hpp"
#include "common/async/clock.hpp"
#include "common/base/crypto.hpp"
#include "common/http_server/http_server.hpp"

#include <map>

namespace agent {

class Ingest {
  public:
    Ingest(common::Clock& clock, Queue& queue, WebhookCache& cache, Counters& stats);

    /// Refuses by the head alone what need not be read: 415.
    [[nodiscard]] std::optional<common::HttpReply> refuse(const common::Incoming& head) const;
    /// All or nothing: 202 when every event is committed, else 400, 415 or 503 and nothing of the
    /// request is kept.
    common::Task<common::HttpReply> post(common::Incoming request);

  private:
    struct Batch {
        std::vector<NewEvent> events;
        std::map<std::string, std::uint64_t> matched; ///< by webhook key
    };
    common::Result<Batch> read(std::string body, BodyFormat format);
    void count(const Accepted& accepted, const std::map<std::string, std::uint64_t>& matched);

    common::Clock& clock_;
    Queue& queue_;
    WebhookCache& cache_;
    Counters& stats_;
    common::UuidV7 ids_;
};

} // namespace agent

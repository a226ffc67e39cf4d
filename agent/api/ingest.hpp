// Ingest: POST /v1/events. Splits a body into events, matches them against the current snapshot and
// hands them to the queue; the answer is 202 once the queue has committed. Loop thread. A crash
// loses what it holds, none of which has been acknowledged.
#pragma once

#include "agent/definitions/webhook_cache.hpp"
#include "agent/events/event_splitter.hpp"
#include "agent/queue/queue.hpp"
#include "agent/webhooks/counters.hpp"
#include "common/async/clock.hpp"
#include "common/base/crypto.hpp"
#include "common/net/http.hpp"

#include <map>

namespace agent {

class Ingest {
  public:
    Ingest(common::Clock& clock, Queue& queue, WebhookCache& cache, Counters& stats);

    /// All or nothing: 202 when every event is committed; otherwise 400, 500 or 503, and no event
    /// of the body is stored.
    common::Task<common::HttpReply> post(std::string body, BodyFormat format);

  private:
    struct Batch {
        std::vector<NewEvent> events;
        std::map<std::string, std::uint64_t> matched; ///< by webhook key
    };
    common::Result<Batch> read(std::string body, BodyFormat format);
    /// An envelope is accepted like any object, but whoever looks for its events must find a trace.
    void warn_of_envelope(const Event& event, std::string_view text, const std::string& id);
    void count(const Accepted& accepted, const std::map<std::string, std::uint64_t>& matched);

    common::Clock& clock_;
    Queue& queue_;
    WebhookCache& cache_;
    Counters& stats_;
    common::UuidV7 ids_;
    common::Instant next_envelope_warning_{};
};

} // namespace agent

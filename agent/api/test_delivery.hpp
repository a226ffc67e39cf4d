// TestDelivery: POST /v1/webhooks/KEY/test. Sends one event to one webhook through queue and lane,
// as if it had matched: what is tried is what happens. Loop thread.
#pragma once

#include "agent/definitions/webhook_cache.hpp"
#include "agent/queue/queue.hpp"
#include "common/base/crypto.hpp"
#include "common/net/http.hpp"

#include <string>

namespace agent {

class TestDelivery {
  public:
    TestDelivery(common::Clock& clock, Queue& queue, WebhookCache& cache)
        : clock_{clock}, queue_{queue}, cache_{cache} {}

    /// `webhook` is a key or a name; `body` one event, or empty for a sample. 202
    /// {"delivery","event_id","webhook","seq"}; 404 for an unknown webhook; 409 for one that is not
    /// served.
    common::Task<common::HttpReply> post(std::string webhook, std::string body);

  private:
    common::Clock& clock_;
    Queue& queue_;
    WebhookCache& cache_;
    common::UuidV7 ids_;
};

} // namespace agent

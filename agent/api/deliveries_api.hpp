// DeliveriesApi: the queue's rows over HTTP (contract section 5): look, retry, drop. Loop thread.
// Every change is the queue's, which has committed it when the answer goes out.
#pragma once

#include "agent/definitions/webhook_cache.hpp"
#include "agent/queue/queue.hpp"
#include "common/async/task.hpp"
#include "common/net/http.hpp"

#include <string>

namespace agent {

class DeliveriesApi {
  public:
    DeliveriesApi(Queue& queue, WebhookCache& cache) : queue_{queue}, cache_{cache} {}

    /// {"deliveries":[…],"next"}; `next` is null on the last page. With bodies=1 a page may be
    /// shorter than its limit: `next` decides.
    common::Task<common::HttpReply> list(std::string query);
    /// One row with its event, byte for byte, and the attempts that are remembered.
    common::Task<common::HttpReply> show(std::string id);

    /// 404 when there is no such delivery.
    common::Task<common::HttpReply> retry_one(std::string id);
    common::Task<common::HttpReply> drop_one(std::string id);
    /// {"retried":n}, {"dropped":n} of all that the body selects.
    common::Task<common::HttpReply> retry(std::string body);
    common::Task<common::HttpReply> drop(std::string body);

  private:
    using Edit = common::Task<common::Result<std::uint64_t>> (Queue::*)(Selection);
    common::Task<common::HttpReply> edit_one(std::string id, Edit edit, const char* done);
    common::Task<common::HttpReply> edit_all(std::string body, Edit edit, const char* done);
    [[nodiscard]] std::string name_of(const DeliveryRow& row) const;

    Queue& queue_;
    WebhookCache& cache_;
};

} // namespace agent

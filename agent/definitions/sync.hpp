// Sync: keeps the cache of definitions like the server's: fetches at start, every sync_interval,
// and when asked. Failed fetches back off from 1 s, doubling to 60 s. Loop thread.
#pragma once

#include "agent/config/config.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/findface/client.hpp"
#include "agent/webhooks/counters.hpp"
#include "common/async/clock.hpp"

#include <memory>

namespace agent {

class Sync {
  public:
    Sync(common::Executor loop, common::Clock& clock, findface::Client& server, WebhookCache& cache,
         const Config& config, Counters& stats);
    ~Sync();

    /// Spawns the regular fetching; nothing to do without a server.
    void start(common::TaskGroup& group);

    /// Fetches now (or joins the fetch under way) and gives what changed. The error is in Counters
    /// too.
    common::Task<common::Result<Changes>> fetch();

    /// The configuration changed: the next regular fetch is now.
    void refetch_now();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace agent

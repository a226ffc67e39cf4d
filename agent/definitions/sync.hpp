// Sync: keeps the cache of definitions up to date with the server: fetches at start, every
// sync_interval, and when asked. After failed fetches it waits 1 s, doubling to 60 s, with jitter.
// Loop thread; nothing survives a restart.
#pragma once

#include "agent/config/config.hpp"
#include "agent/definitions/webhook_cache.hpp"
#include "agent/findface/client.hpp"
#include "agent/webhooks/counters.hpp"
#include "common/async/clock.hpp"
#include "common/base/backoff.hpp"

#include <memory>

namespace agent {

class Sync {
  public:
    /// All references must outlive the sync. `chance` decides the jitter.
    Sync(common::Executor loop, common::Clock& clock, findface::Client& client, WebhookCache& cache,
         const Config& config, Counters& counters, common::Chance chance = common::random_chance());
    ~Sync();

    /// Spawns the regular fetching; without a server it waits until one is configured.
    void start(common::TaskGroup& group);

    /// Fetches now, or joins the fetch under way; returns what changed. Without a server nothing
    /// does. An error is also noted in the counters.
    common::Task<common::Result<Changes>> fetch();

    /// `ffl-agent sync`: reads the local file again, then fetches, even if a refused login would
    /// still wait; joins no fetch that began before. Errors: Fault::config for the local file,
    /// otherwise those of fetch().
    common::Task<common::Result<Changes>> sync_now();

    /// The configuration changed: the next regular fetch is due now.
    void refetch_now();

  private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace agent

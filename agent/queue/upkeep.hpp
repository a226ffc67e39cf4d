// Upkeep: changes rows other than by delivering them: an operator's retry and drop, webhooks that
// were removed, and regular cleaning. All of it in steps of a bounded number of rows, each one
// transaction, so that a commit of new events waits for one step at most. Loop thread.
#pragma once

#include "agent/queue/committer.hpp"
#include "agent/queue/queue_parts.hpp"
#include "agent/queue/upkeep_steps.hpp"
#include "agent/store/edits.hpp"
#include "agent/webhooks/webhook.hpp"
#include "common/async/clock.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace agent {

/// The webhooks as upkeep needs them.
struct KnownWebhooks {
    std::shared_ptr<const Snapshot> snapshot;
    bool complete = false; ///< a webhook that is not in the snapshot was removed
};

class Upkeep {
  public:
    Upkeep(const QueueParts& parts, Committer& committer);

    // As in Queue.
    common::Task<common::Result<std::uint64_t>> edit(Edit edit, Selection selection);
    common::Task<common::Result<std::uint64_t>> bury_removed(std::vector<std::string> known);
    common::Task<common::Result<std::uint64_t>> revive_known(std::vector<std::string> known);
    common::Task<common::Result<void>> prune(Snapshot snapshot);
    common::Task<> run(std::function<KnownWebhooks()> webhooks);
    void run_now() { wake_.notify(); }

  private:
    using NextWork = UpkeepSteps::NextWork;
    using Each = UpkeepSteps::Each;
    Each to_list(ListedDelivery::State state, ListedDelivery::Cause cause);
    Each to_list(Edit edit);
    /// Also counts the rows in `counter`.
    Each dropped(ListedDelivery::Cause cause, std::uint64_t& counter);
    Each forgotten();

    common::Task<common::Result<std::uint64_t>> edit_by_id(Edit edit, Selection selection);
    common::Task<common::Result<std::uint64_t>> edit_all(Edit edit, Selection selection);
    common::Task<> follow_removals(const KnownWebhooks& webhooks);
    common::Task<common::Result<void>> forget();
    common::Task<common::Result<void>> bound_dead_letters();
    common::Task<common::Result<std::uint64_t>> expire_older(std::string webhook,
                                                             common::Millis max_age);
    common::Task<common::Result<void>> shrink_files();
    [[nodiscard]] bool disk_short() const { return committer_.admission().space().disk_room() < 0; }
    [[nodiscard]] std::vector<std::string> pending_webhooks() const;

    common::Clock& clock_;
    const Config& config_;
    QueueTime& time_;
    QueueCounts& counts_;
    QueueDatabase& database_;
    const QueueListeners& listeners_;
    EventList& events_;
    UpkeepSteps steps_;
    Committer& committer_;
    SpaceLog log_;
    common::Wakeup wake_;
    /// The webhooks that were known when revive_known() last ran: it only looks at the others.
    std::set<std::string> revived_;
    /// By webhook: its deliveries up to this id are delivered or expired.
    std::map<std::string, std::int64_t> expired_up_to_;
};

} // namespace agent

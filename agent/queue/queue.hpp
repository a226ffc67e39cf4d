// Queue: the queue on disk. add() is the only durable hand-over: when it returns, the events and
// their deliveries are committed as queue.sync says. All that waits goes into one transaction
// (group commit); outcomes of attempts ride along, at most 1 s later. Loop thread; the SQL runs on
// the database's. After a crash every committed delivery is here again, and one whose outcome was
// not written yet is tried once more.
//
// Time in here is *queue time*: milliseconds that run with the monotonic clock and go on from one
// run to the next by what is known for sure (same boot: monotonic; across boots: the wall clock, if
// it was disciplined then and is now). So no jump of the wall clock stalls, expires or floods
// anything.
#pragma once

#include "agent/config/config.hpp"
#include "agent/queue/admission.hpp"
#include "agent/queue/outcomes.hpp"
#include "agent/store/commit.hpp"
#include "agent/store/listing.hpp"
#include "agent/webhooks/counters.hpp"
#include "agent/webhooks/delivery.hpp"
#include "common/async/clock.hpp"
#include "common/sqlite/database.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent {

struct QueueStatus {
    std::uint64_t pending = 0, dead = 0;
    std::uint64_t bytes = 0, max_bytes = 0; ///< database with its WAL
    std::optional<std::int64_t> oldest_ms;  ///< age of the oldest pending delivery
    bool degraded = false;                  ///< the database said no; tried again by itself
    bool full = false;
    std::string last_error;
};

class Queue {
  public:
    Queue(common::Executor loop, common::Clock& clock, common::Database& database,
          const Config& config, Counters& stats);
    ~Queue();

    /// Blocking, at start, after the schema is there: counters, queue time, cooldowns.
    common::Result<void> load();
    /// Spawns the committer; `group` must be joined before the queue goes.
    void start(common::TaskGroup& group);

    /// All or nothing. Errors: Fault::full (queue at its bound), Fault::storage (degraded). Order
    /// of calls is order of ids.
    common::Task<common::Result<Accepted>> add(std::vector<NewEvent> events);
    /// Never waits; written with the next commit. What waits is kept while the database is
    /// degraded.
    void record(RecordedOutcome recorded);
    /// Everything settled so far is written (or the database has refused it).
    common::Task<> flush();

    /// Deliveries of `webhooks` never tried, with an id above `after`, oldest first. Those settled
    /// but not yet written are left out.
    common::Task<common::Result<DueBatch>> fresh(std::vector<std::string> webhooks,
                                                 std::int64_t after, std::size_t limit);
    /// Retries of `webhooks` that are due, longest due first, and when the next will be. Flushes
    /// first; what cannot be written is given out all the same, with the attempts that were made.
    common::Task<common::Result<DueBatch>> due(std::vector<std::string> webhooks,
                                               std::size_t limit);

    /// Called on the loop for each committed batch of new deliveries: they go to their lanes.
    void on_committed(std::function<void(std::vector<Delivery>)> listener) {
        on_new_ = std::move(listener);
    }
    /// Called on the loop after retry(), drop() and whatever else changed rows behind the lanes'
    /// backs: what they hold in memory of the selection is no longer true.
    void on_rows_changed(std::function<void(const Selection&)> listener) {
        on_edit_ = std::move(listener);
    }

    // For people (rows as in the API, section 5).
    common::Task<common::Result<RowPage>> list(Selection selection, std::int64_t after,
                                               std::size_t limit, bool with_bodies = false);
    common::Task<common::Result<std::optional<DeliveryRow>>> show(std::int64_t id);
    /// Dead letters become pending with fresh attempts, pending ones due now. Gives how many.
    common::Task<common::Result<std::uint64_t>> retry(Selection selection);
    common::Task<common::Result<std::uint64_t>> drop(Selection selection);

    /// Deliveries of webhooks that are no longer known become dead letters ("webhook removed");
    /// `known` are the keys of the snapshot.
    common::Task<common::Result<std::uint64_t>> bury_removed(std::vector<std::string> known);
    /// Old dead letters go, expired deliveries go, free pages are given back; in small steps.
    common::Task<common::Result<void>> prune(const Snapshot& snapshot);

    [[nodiscard]] std::int64_t queue_time() const;
    [[nodiscard]] QueueStatus stats() const;
    [[nodiscard]] std::uint64_t pending(const std::string& webhook) const;
    [[nodiscard]] std::uint64_t dead(const std::string& webhook) const;

  private:
    struct State;
    common::Task<common::Result<std::uint64_t>> edit(bool drop, Selection selection);

    std::unique_ptr<State> state_;
    std::function<void(std::vector<Delivery>)> on_new_;
    std::function<void(const Selection&)> on_edit_;
};

} // namespace agent

// Queue: the durable hand-over. add() is the only one there is: when it returns, the events and
// their deliveries are committed as [queue] sync says. All that waits goes into one transaction
// (group commit); outcomes of attempts are written with it, at most a second later. After a crash
// every committed delivery is here again, and one whose outcome was not written yet is attempted
// once more. Loop thread; the SQL runs on the database's thread.
//
// This folder decides when and what is written. It uses agent/store for the SQL and the
// configuration, and knows neither HTTP nor where definitions come from.
//
// Times are *queue time*: milliseconds that advance with the monotonic clock and continue across
// restarts by what is known for certain (agent/store/queue_time.hpp), so that no jump of the wall
// clock stalls, expires or floods anything.
#pragma once

#include "agent/queue/committer.hpp"
#include "agent/queue/suspects.hpp"
#include "agent/queue/upkeep.hpp"
#include "agent/store/listing.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

struct QueueStatus {
    std::uint64_t pending = 0, dead = 0;
    std::uint64_t bytes = 0, max_bytes = 0; ///< the database with its WAL
    std::uint64_t used = 0;                 ///< of them, without spare pages
    std::uint64_t disk_free = 0;            ///< on the disk that they lie on
    std::optional<std::int64_t> oldest_ms;  ///< age of the oldest pending delivery
    bool degraded = false;                  ///< the last write failed; it is tried again
    bool full = false;                      ///< the last request was refused for lack of space
    std::string last_error;
};

class Queue {
  public:
    Queue(common::Executor loop, common::Clock& clock, common::Database& database,
          const Config& config, Counters& stats);

    /// Blocking, at start, after start_database(): counters, queue time, cooldowns. Where the
    /// database cannot be read yet, all of that comes later, and the queue is degraded until then.
    void load(const StartReport& start = {});
    /// Spawns the committer; join `group` before the queue is destroyed.
    void start(common::TaskGroup& group);

    /// All or nothing. Errors: Fault::full (no space), Fault::storage (degraded). Row ids have the
    /// order of the calls. `unmatched` belong to the same request.
    common::Task<common::Result<Accepted>>
    add(std::vector<NewEvent> events, UnmatchedEvents unmatched = {}, Listing listing = {}) {
        return committer_.add(std::move(events), std::move(unmatched), std::move(listing));
    }
    /// Never waits; written with the next commit, and kept while the database is degraded.
    void record(RecordedOutcome recorded);
    /// An attempt of the delivery is about to be made; record() or put_down() ends that.
    void take_in_hand(std::int64_t delivery) { suspects_.take(delivery); }
    /// The attempt could not be made.
    void put_down(std::int64_t delivery) { suspects_.put_down(delivery); }
    /// Returns when all outcomes recorded so far are written, or the database has refused them.
    common::Task<> flush() { return committer_.flush(); }

    /// Deliveries of `webhooks` never tried, with an id above `after`, oldest first, without those
    /// that have an outcome which is not written yet.
    common::Task<common::Result<DueBatch>> fresh(std::vector<std::string> webhooks,
                                                 std::int64_t after, BatchBounds bounds);
    /// Retries of `webhooks` that are due, longest due first, and when the next one will be. Those
    /// that cannot be written are included, with the attempts that were made.
    common::Task<common::Result<DueBatch>> due(std::vector<std::string> webhooks,
                                               BatchBounds bounds);

    /// Asked before each commit whether this process still has the queue for itself; on an error
    /// nothing is written.
    void on_commit(std::function<common::Result<void>()> have_queue) {
        database_.on_commit(std::move(have_queue));
    }
    /// Called on the loop for new deliveries that are committed, a thousand at a time.
    void on_committed(std::function<void(std::vector<Delivery>)> listener) {
        listeners_.committed = std::move(listener);
    }
    /// Called on the loop when rows were changed other than by recorded outcomes: what a lane holds
    /// in memory of the selection is out of date.
    void on_rows_changed(std::function<void(const Selection&)> listener) {
        listeners_.rows_changed = std::move(listener);
    }

    /// Called on the loop when the queue was read again, after an error or because it could not be
    /// read at the start.
    void on_loaded(std::function<void()> listener) { listeners_.loaded = std::move(listener); }

    // For operators; rows as in the API (contract section 5).
    common::Task<common::Result<RowPage>> list(RowQuery query);
    common::Task<common::Result<std::optional<DeliveryRow>>> show(std::int64_t id);
    /// Edit::retry: dead letters become pending with fresh attempts, pending deliveries due now.
    /// Returns how many deliveries the selection covers.
    common::Task<common::Result<std::uint64_t>> edit(Edit edit, Selection selection) {
        return upkeep_.edit(edit, std::move(selection));
    }

    /// Every 10 seconds and after run_upkeep_now(): revive_known(), bury_removed(), if all webhooks
    /// are known, and prune().
    common::Task<> run_upkeep(std::function<KnownWebhooks()> webhooks) {
        return upkeep_.run(std::move(webhooks));
    }
    void run_upkeep_now() { upkeep_.run_now(); }
    /// Deliveries of webhooks whose key is not in `known` become dead letters ("webhook removed").
    common::Task<common::Result<std::uint64_t>> bury_removed(std::vector<std::string> known) {
        return upkeep_.bury_removed(std::move(known));
    }
    /// Dead letters ("webhook removed") of webhooks in `known` become pending again, with fresh
    /// attempts. Only looks at webhooks that were not in `known` the last time.
    common::Task<common::Result<std::uint64_t>> revive_known(std::vector<std::string> known) {
        return upkeep_.revive_known(std::move(known));
    }
    /// Deletes old dead letters and expired deliveries and shrinks the files.
    common::Task<common::Result<void>> prune(Snapshot snapshot) {
        return upkeep_.prune(std::move(snapshot));
    }

    [[nodiscard]] std::int64_t queue_time() const { return time_.now(); }
    [[nodiscard]] QueueStatus stats() const;
    /// The damaged files that were set aside and still lie beside the database; oldest first.
    [[nodiscard]] const std::vector<std::string>& quarantined() const {
        return database_.quarantined();
    }
    /// Grows while a damaged database is being recovered, which nothing else can be told from: the
    /// database's thread answers only afterwards.
    [[nodiscard]] std::uint64_t repair_progress() const { return database_.repair_progress(); }
    [[nodiscard]] std::uint64_t pending(const std::string& webhook) const;
    [[nodiscard]] std::uint64_t dead(const std::string& webhook) const;
    /// Whether an event of that id and bytes would be a duplicate, as far as memory knows.
    [[nodiscard]] bool is_duplicate(const std::string& id, std::string_view bytes) const {
        return committer_.admission().is_recent(event_key(id, bytes));
    }
    /// How long the webhook's cooldown for that value still lasts; 0 without one.
    [[nodiscard]] common::Millis cooldown_left(const std::string& webhook,
                                               const std::string& value) const;
    /// The last events and what has become of them.
    [[nodiscard]] EventList& events() { return events_; }

  private:
    void leave_out_recorded(DueBatch& batch) const;
    [[nodiscard]] std::vector<std::int64_t> leave_out(const std::vector<std::string>& webhooks,
                                                      std::int64_t after) const;
    common::Task<> run_committer();
    common::Task<> bury_convicted();
    [[nodiscard]] common::Result<void> may_deliver();

    common::Clock& clock_;
    const Config& config_;
    QueueTime time_;
    QueueCounts counts_;
    QueueDatabase database_;
    QueueListeners listeners_;
    EventList events_;
    Suspects suspects_;
    Committer committer_;
    Upkeep upkeep_;
    bool outcomes_full_ = false; // as told
};

} // namespace agent

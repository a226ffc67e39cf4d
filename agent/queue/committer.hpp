// Committer: group commit. One coroutine takes all that waits (new events, outcomes of attempts),
// forms one group on the loop, writes it in one transaction, and only then answers. Loop thread.
// What was answered survives as queue.sync says; outcomes are at most 1 s behind.
#pragma once

#include "agent/config/config.hpp"
#include "agent/queue/admission.hpp"
#include "agent/queue/outcomes.hpp"
#include "agent/queue/queue_counts.hpp"
#include "agent/queue/queue_database.hpp"
#include "agent/store/listing.hpp"
#include "agent/store/queue_time.hpp"
#include "common/async/clock.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace agent {

class Committer {
  public:
    /// All outlive the committer.
    struct Parts {
        common::Clock& clock;
        const Config& config;
        QueueDatabase& database;
        QueueCounts& counts;
        QueueTime& time;
    };
    struct Listeners {
        std::function<void(std::vector<Delivery>)> committed; ///< new committed deliveries
        std::function<void(const Selection&)>
            rows_changed; ///< rows were changed behind the lanes' backs
    };
    Committer(common::Executor loop, Parts parts, Listeners listeners);

    void load(LoadedQueue loaded);
    common::Task<> run();

    common::Task<common::Result<Accepted>> add(std::vector<NewEvent> events);
    void record(RecordedOutcome recorded);
    /// As UnwrittenOutcomes::make_due_now(), for now.
    std::uint64_t make_due_now(const Selection& selection);
    common::Task<> flush();
    [[nodiscard]] const UnwrittenOutcomes& outcomes() const { return outcomes_; }

    /// The last request was refused for want of room, and there is still none.
    [[nodiscard]] bool full() const;
    /// Whether cooldowns were over and are forgotten in memory.
    bool expire_cooldowns() { return admission_.expire(time_.now()); }
    /// No delivery has this id or a larger one.
    [[nodiscard]] std::int64_t next_id() const {
        return admission_.next_event() * deliveries_per_event;
    }
    [[nodiscard]] bool disk_short() const { return disk_room() < 0; }

  private:
    using Gate = common::OneShot<bool>;
    struct Waiting {
        std::vector<NewEvent> events;
        std::vector<EventKey> keys;
        std::size_t bytes = 0;
        common::Instant since;
        common::OneShot<common::Result<Accepted>> answer;
        Waiting(common::Executor loop, std::vector<NewEvent> news, common::Instant now);
    };
    struct Group {
        std::vector<std::shared_ptr<Waiting>> adds;
        std::vector<common::Result<Accepted>> answers; // one an add
        std::vector<std::vector<bool>> on_disk;        // one an add
        std::shared_ptr<Commit> commit = std::make_shared<Commit>();
    };

    [[nodiscard]] std::optional<common::Instant> next_time() const;
    [[nodiscard]] Group take_group();
    common::Task<> write_group();
    common::Task<common::Result<void>> mend();
    common::Task<common::Result<void>> look_up(Group& group);
    common::Task<common::Result<void>> find_room(Group& group);
    [[nodiscard]] bool admit_group(Group& group, bool may_drop);
    [[nodiscard]] bool fill_commit(Commit& commit);
    [[nodiscard]] std::int64_t size_room() const;
    [[nodiscard]] std::int64_t disk_room() const;
    void complete(Group& group, const CommitResult& written);
    void no_room(Group& group);
    void refuse(Group& group, const common::Error& error);
    void refuse_waiting(const common::Error& error);
    void answer(Group& group);
    void offer(const Commit& commit);
    void tell_full(bool full);
    void tell_dropped(const CommitResult& written);

    common::Executor loop_;
    common::Clock& clock_;
    const Config& config_;
    QueueDatabase& database_;
    QueueCounts& counts_;
    QueueTime& time_;
    Listeners listeners_;
    Admission admission_;
    UnwrittenOutcomes outcomes_;
    common::Wakeup wake_;

    bool running_ = false, stopping_ = false;
    std::vector<std::shared_ptr<Waiting>> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::vector<std::shared_ptr<Gate>> flushes_, flushes_under_way_;
    std::optional<common::Instant> waiting_since_; // the first outcome that waits
    std::optional<common::Instant> anchored_at_;
    std::int64_t loaded_at_ = 0; // queue time: what was accepted before is known to the disk alone

    std::uint64_t refused_bytes_ = 0; // what there was no room for; 0: there was room for the last
    bool full_told_ = false;
    std::optional<common::Instant> gave_back_at_, full_told_at_, dropped_at_;
};

} // namespace agent

// Committer: group commit. One coroutine takes all that waits (new events, outcomes of attempts),
// forms one group on the loop, writes it in one transaction, and only then answers. Loop thread.
// What was answered survives as [queue] sync says; outcomes are written within a second.
#pragma once

#include "agent/queue/commit_plan.hpp"
#include "agent/queue/group_admission.hpp"
#include "agent/queue/outcomes.hpp"
#include "agent/queue/queue_parts.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace agent {

class Committer {
  public:
    explicit Committer(const QueueParts& parts);

    void load(const LoadedQueue& loaded);
    /// Until it is cancelled; then it writes what waits.
    common::Task<> run();

    // As in Queue.
    common::Task<common::Result<Accepted>> add(std::vector<NewEvent> events,
                                               UnmatchedEvents unmatched, Listing listing);
    void record(RecordedOutcome recorded);
    common::Task<> flush();

    [[nodiscard]] const UnwrittenOutcomes& outcomes() const { return outcomes_; }
    /// As UnwrittenOutcomes::make_due_now(), for now.
    std::uint64_t make_due_now(const Selection& selection);
    /// No delivery has this id or a larger one.
    [[nodiscard]] std::int64_t next_id() const {
        return admission_.next_event() * deliveries_per_event;
    }
    [[nodiscard]] GroupAdmission& admission() { return admission_; }
    [[nodiscard]] const GroupAdmission& admission() const { return admission_; }

  private:
    using Flush = common::OneShot<bool>;

    [[nodiscard]] CommitPlan plan() const;
    [[nodiscard]] UnwrittenOutcomes::Now now() const;
    [[nodiscard]] Requests take_group();
    common::Task<> write_group(bool probe);
    common::Task<common::Result<void>> admit(const Requests& group);
    [[nodiscard]] std::shared_ptr<const Commit> make_commit(bool probe);
    void complete(const Requests& group, const Commit& commit, const CommitResult& written);
    void answer(const Requests& group);
    void undo();
    void refuse(const Requests& group, const common::Error& error);
    void refuse_waiting(const common::Error& error);
    void tell_committed(const Commit& commit);

    common::Executor loop_;
    common::Clock& clock_;
    const Config& config_;
    QueueTime& time_;
    QueueCounts& counts_;
    QueueDatabase& database_;
    const QueueListeners& listeners_;
    EventList& events_;
    GroupAdmission admission_;
    UnwrittenOutcomes outcomes_;
    common::Wakeup wake_;

    bool running_ = false;
    CommitState::Phase phase_ = CommitState::Phase::running;
    Requests waiting_;
    std::size_t waiting_bytes_ = 0;
    std::vector<std::shared_ptr<Flush>> flushes_, flushes_under_way_;
    std::optional<common::Instant> anchored_at_;
    LastCommit last_;
};

} // namespace agent

// GroupAdmission: admits the requests of a group. Looks for duplicates on disk where memory does
// not know, checks the space, and makes room where that is possible. Loop thread.
#pragma once

#include "agent/queue/admission.hpp"
#include "agent/queue/queue_parts.hpp"
#include "agent/queue/space.hpp"
#include "agent/queue/space_log.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace agent {

/// One call of Queue::add() that waits for its answer.
struct Request {
    Request(common::Executor loop, EventBatch events, common::Instant now);
    EventBatch batch;
    common::Instant since;
    common::Result<Accepted> result; ///< what the answer will be once the group is written
    common::OneShot<common::Result<Accepted>> answer;
};
using Requests = std::vector<std::shared_ptr<Request>>;

class GroupAdmission {
  public:
    explicit GroupAdmission(const QueueParts& parts);
    void load(const LoadedQueue& loaded);

    /// Starts a new group and sets each request's result. Errors: the database does not work.
    common::Task<common::Result<void>> admit(const Requests& group);
    /// The group's rows, and the room that must be made for them.
    void fill(Commit& commit);
    /// The group is committed.
    void keep() { admission_.keep(); }
    /// The group is not committed.
    void undo() { admission_.undo(); }
    /// The commit found that even dropping all there is does not make room: every request is
    /// refused.
    void refuse_all(const Requests& group);
    /// The commit dropped that many old deliveries.
    void note_dropped(std::size_t deliveries);

    /// The last request was refused for lack of space, and there is still not enough.
    [[nodiscard]] bool full() const { return refused_bytes_ > 0 && !space().fits(refused_bytes_); }
    /// At this moment.
    [[nodiscard]] Space space() const;
    /// No event has this row id or a larger one.
    [[nodiscard]] std::int64_t next_event() const { return admission_.next_event(); }
    [[nodiscard]] bool is_recent(const EventKey& key) const { return admission_.is_recent(key); }
    [[nodiscard]] std::int64_t cooldown_until(const std::string& webhook,
                                              const std::string& value) const {
        return admission_.cooldown_until(webhook, value);
    }
    /// Forgets cooldowns that are over, in memory. Returns whether there were any.
    bool expire_cooldowns() { return admission_.expire(time_.now()); }

  private:
    common::Task<common::Result<void>> find_duplicates(const Requests& group);
    common::Task<common::Result<void>> find_in_batch(EventBatch& batch);
    [[nodiscard]] bool admit_within(const Requests& group, std::uint64_t limit);
    [[nodiscard]] bool admit_dropping(const Requests& group);
    common::Task<common::Result<void>> find_room(const Requests& group);
    common::Task<common::Result<std::size_t>> drop_dead_letters(const Requests& group);
    common::Task<common::Result<void>> shrink_files();

    common::Clock& clock_;
    const Config& config_;
    QueueTime& time_;
    QueueCounts& counts_;
    QueueDatabase& database_;
    EventList& events_;
    Admission admission_;
    SpaceLog log_;
    std::uint64_t make_room_ = 0;     // bytes of old deliveries that the group's commit drops
    std::uint64_t refused_bytes_ = 0; // rows that did not fit; 0: the last ones did
    std::int64_t loaded_at_ = 0; // queue time: events accepted earlier are known to the disk only
    std::optional<common::Instant> shrunk_at_;
};

} // namespace agent

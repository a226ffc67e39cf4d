// LaneMemory: the deliveries that a lane holds, and what it knows of those that are only on disk.
// Bounded whatever the backlog. Plain data of the loop's thread; who reads from disk is the lane.
// Nothing here survives a crash and nothing needs to.
//
// Fresh ones (never tried) come from offer() while there is room. What finds no room is *spilled*:
// read back from where memory ends, in order, until a read finds the end. Retries are always read
// back; what is known of them is when the next may be due.
#pragma once

#include "agent/queue/queue.hpp"

#include <deque>
#include <map>
#include <optional>
#include <unordered_set>
#include <vector>

namespace agent {

class LaneMemory {
  public:
    /// `in_flight`: the ids that some lane is trying right now.
    explicit LaneMemory(const std::unordered_set<std::int64_t>& in_flight)
        : in_flight_{in_flight} {}

    /// A new committed delivery.
    void offer(Delivery delivery);
    [[nodiscard]] bool has_fresh() const { return !fresh_.empty(); }
    [[nodiscard]] bool has_retry() const { return !retries_.empty(); }
    [[nodiscard]] std::size_t size() const { return fresh_.size() + retries_.size(); }
    Delivery take_fresh();
    /// The longest due of those held.
    Delivery take_retry();

    /// Nothing that is held is true any more: all of it is read back.
    void forget();
    /// What `selection` covers is not true any more, and there may be more on disk than was known.
    void forget(const Selection& selection);
    /// A delivery's attempt has ended, or it has expired: the queue has the outcome.
    void attempt_ended(std::int64_t id);
    /// A retry on disk is due at `due` (queue time).
    void expect(std::int64_t due);

    /// Fresh ones are on disk and memory runs low.
    [[nodiscard]] bool wants_fresh() const;
    /// Retries run low.
    [[nodiscard]] bool wants_retries() const;
    /// When the earliest retry on disk may be due (queue time; the past: look).
    [[nodiscard]] std::optional<std::int64_t> next_due() const { return next_due_; }

    // Reading back: begin, ask the queue, end in the handler that brings its answer. One at a time.
    struct Question {
        std::int64_t after = 0;
        std::size_t limit = 0;
    };
    Question begin_fresh();
    void end_fresh(common::Result<DueBatch> batch);
    Question begin_retries();
    /// Whether it brought anything.
    bool end_retries(common::Result<DueBatch> batch);

  private:
    [[nodiscard]] bool is_held(std::int64_t id) const;
    [[nodiscard]] bool has_room() const;
    void keep_fresh(Delivery delivery);
    void begin();

    const std::unordered_set<std::int64_t>& in_flight_;
    std::map<std::int64_t, Delivery> fresh_;
    std::deque<Delivery> retries_;
    std::size_t fresh_bytes_ = 0;

    bool spilled_ = true;
    std::int64_t after_ = 0; ///< fresh ones up to this id are held, in flight or settled
    std::optional<std::int64_t> next_due_ = 0;

    bool reading_ = false;
    bool stale_ = false;              ///< what is being read was forgotten meanwhile
    bool meanwhile_lost_ = false;     ///< some of what was offered meanwhile found no room
    std::vector<Delivery> meanwhile_; ///< offered during the read
    std::unordered_set<std::int64_t>
        settled_; ///< attempt_ended during the read, which may still bring them
};

} // namespace agent

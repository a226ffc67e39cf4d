// DueRetries: the due retries that a lane holds, and when the next one on disk is due. They are
// always read back from the queue, and only as many as are soon needed. Loop thread. Nothing here
// survives a crash, and nothing needs to: the queue has it all.
#pragma once

#include "agent/delivery/lane_bytes.hpp"
#include "agent/store/rows.hpp"
#include "agent/store/selection.hpp"
#include "agent/webhooks/delivery.hpp"
#include "common/base/backoff.hpp"
#include "common/base/result.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <unordered_set>
#include <vector>

namespace agent {

class DueRetries {
  public:
    /// `held_elsewhere`: whether a delivery is in flight or held as a fresh one.
    explicit DueRetries(std::function<bool(std::int64_t id)> held_elsewhere)
        : held_elsewhere_{std::move(held_elsewhere)} {}

    /// As FreshDeliveries does.
    void share_memory(std::size_t lanes, std::size_t all);
    [[nodiscard]] bool empty() const { return held_.empty(); }
    [[nodiscard]] std::size_t size() const { return held_.size(); }
    [[nodiscard]] bool contains(std::int64_t id) const;
    /// The size of the event of the one that has been due longest.
    [[nodiscard]] std::size_t next_bytes() const { return held_.front().event->size(); }
    /// The one that has been due longest.
    Delivery pop();
    /// When the oldest of those held was accepted.
    [[nodiscard]] std::optional<std::int64_t> oldest() const;

    /// The rows in `selection` have changed (by default: all): they are read back, and one of them
    /// may be due at once.
    void forget(const Selection& selection = {});
    /// The queue has the delivery's outcome: a read that is under way may still bring it.
    void attempt_ended(std::int64_t id);
    /// A retry on disk is due at `due` (queue time).
    void expect(std::int64_t due);

    /// Reading may first write the outcomes that wait, and that is an fsync. So retries due within
    /// this span share one read, unless that would noticeably lengthen the backoff.
    [[nodiscard]] static common::Millis read_pause(const common::Backoff& backoff);
    /// When to read (queue time; the past: now); nothing while enough are held or none are on disk.
    [[nodiscard]] std::optional<std::int64_t> read_at() const;
    // One read at a time: begin_read(), ask the queue, end_read() as soon as it answers.
    /// Returns what to ask for. `in_flight`: attempts, whose deliveries may come along.
    BatchBounds begin_read(std::size_t in_flight);
    struct Found {
        std::vector<Delivery> fresh; ///< not kept here: their attempts were reset
        bool more = false;           ///< it brought something, and there is more
    };
    Found end_read(common::Result<DueBatch> batch);

  private:
    std::function<bool(std::int64_t id)> held_elsewhere_;
    std::deque<Delivery> held_;
    std::size_t read_size_ = 64;
    std::size_t most_bytes_ = lane_bytes(1);
    std::optional<std::int64_t> next_due_ = 0; ///< queue time

    bool reading_ = false;
    bool outdated_ = false;                  ///< forget() was called during the read
    std::unordered_set<std::int64_t> ended_; ///< attempts that ended during the read
};

} // namespace agent

// FreshDeliveries: the never tried deliveries that a lane holds, and whether there are more on
// disk. Bounded, whatever the backlog, and all the more for each of many webhooks of one target.
// They come from committed() while there is room. Those that do not fit are read back in order,
// from where memory ends, until a read reaches the end. Loop thread. Nothing here survives a crash,
// and nothing needs to: the queue has it all.
#pragma once

#include "agent/delivery/lane_bytes.hpp"
#include "agent/store/rows.hpp"
#include "agent/store/selection.hpp"
#include "agent/webhooks/delivery.hpp"
#include "common/base/result.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_set>
#include <vector>

namespace agent {

class FreshDeliveries {
  public:
    /// `held_elsewhere`: whether a delivery is in flight or held as a retry.
    explicit FreshDeliveries(std::function<bool(std::int64_t id)> held_elsewhere)
        : held_elsewhere_{std::move(held_elsewhere)} {}

    /// The bounds become those of one of `lanes` to the same target, and of one of `all` lanes.
    void share_memory(std::size_t lanes, std::size_t all);
    /// A new committed delivery.
    void committed(Delivery delivery);
    /// Deliveries whose attempts were reset: dead letters that were retried.
    void add(std::vector<Delivery> deliveries);
    [[nodiscard]] bool empty() const { return held_.empty(); }
    [[nodiscard]] std::size_t size() const { return held_.size(); }
    [[nodiscard]] bool contains(std::int64_t id) const { return held_.contains(id); }
    /// The size of the oldest one's event.
    [[nodiscard]] std::size_t next_bytes() const { return held_.begin()->second.event->size(); }
    /// The oldest one.
    Delivery pop();
    /// When that was accepted.
    [[nodiscard]] std::optional<std::int64_t> oldest() const;

    /// The rows in `selection` have changed (by default: all): they are read back.
    void forget(const Selection& selection = {});
    /// The queue has the delivery's outcome: a read that is under way may still bring it.
    void attempt_ended(std::int64_t id);

    /// Memory runs low, and there may be more on disk.
    [[nodiscard]] bool wants_read() const;
    // One read at a time: begin_read(), ask the queue, end_read() as soon as it answers.
    struct Query {
        std::int64_t after = 0;
        BatchBounds bounds;
    };
    Query begin_read();
    void end_read(common::Result<DueBatch> batch);

  private:
    [[nodiscard]] bool has_room() const;
    void insert(Delivery delivery);
    void keep(Delivery delivery);

    std::function<bool(std::int64_t id)> held_elsewhere_;
    std::map<std::int64_t, Delivery> held_;
    std::size_t most_held_ = 256;
    std::size_t most_bytes_ = lane_bytes(1);
    std::size_t bytes_ = 0;    ///< of the events held
    std::int64_t end_ = 0;     ///< none up to this id is on disk only
    bool more_on_disk_ = true; ///< there may be some above end_

    bool reading_ = false;
    bool outdated_ = false;                  ///< forget() was called during the read
    bool overflowed_ = false;                ///< some committed during the read found no room
    std::vector<Delivery> committed_;        ///< during the read
    std::unordered_set<std::int64_t> ended_; ///< attempts that ended during the read
};

} // namespace agent

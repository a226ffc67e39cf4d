// Rows: what the loop and the database thread exchange: plain values for what is written to the
// queue and what is read back from it.
#pragma once

#include "agent/store/queue_time.hpp"
#include "agent/store/schema.hpp"
#include "agent/store/wal.hpp"
#include "agent/webhooks/delivery.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent {

struct CooldownMark {
    std::string webhook;
    std::string value;
    std::int64_t until = 0; ///< queue time
};

/// What became of an attempt.
struct RecordedOutcome {
    std::int64_t id = 0;
    std::string webhook;
    Outcome::Kind kind = Outcome::Kind::delivered;
    std::uint32_t attempts = 0; ///< made, this one included
    std::int64_t due = 0;       ///< queue time of the next one (retry)
    unsigned status = 0;
    std::string error;
    bool expired = false; ///< not an attempt: max_age has passed, the delivery is deleted
};

/// One failed attempt as the history keeps it.
struct AttemptNote {
    std::uint32_t attempt = 0;
    std::int64_t at = 0; ///< queue time
    unsigned status = 0;
    std::string error;
};

inline constexpr std::size_t history_length = 20;

/// The latest word on a delivery, and the attempts that are to be added to its history.
struct UnwrittenOutcome {
    RecordedOutcome latest;
    std::vector<AttemptNote> attempts;
};

/// A retry that is not on disk yet, or with what the disk does not know.
struct Retry {
    std::int64_t id = 0;
    std::int64_t due = 0;
    std::uint32_t attempts = 0;
};
struct EventRow {
    std::int64_t id = 0;
    std::string event_id;
    bool given = false;
    std::int64_t accepted_at = 0;
    std::shared_ptr<const std::string> bytes;
    std::vector<std::string> webhooks; ///< one delivery each, in this order

    [[nodiscard]] std::int64_t delivery(std::size_t place) const {
        return id * deliveries_per_event + static_cast<std::int64_t>(place);
    }
};
/// About what the rows of an event take on disk.
std::uint64_t row_bytes(std::size_t body, std::size_t deliveries);

/// What a write changed for one webhook: rows by state, and for the statistics why.
struct CountChange {
    std::int64_t pending = 0, dead = 0;
    std::uint64_t died = 0, expired = 0, dropped = 0;
};
using CountChanges = std::map<std::string, CountChange>;
void add(CountChanges& to, const CountChanges& more);

struct Commit {
    std::vector<UnwrittenOutcome> outcomes;
    std::vector<EventRow> events;
    std::vector<CooldownMark> cooldowns;
    std::optional<TimeAnchor> anchor;
    bool disk_tight =
        false; ///< the WAL goes into the database at once, while that still has room to grow
    std::uint64_t make_room =
        0; ///< bytes: so much of the oldest pending deliveries is deleted first
};

/// What a write tells the loop.
struct CommitResult {
    CountChanges changes;
    std::vector<std::int64_t> dropped; ///< deliveries deleted to make room
    bool no_room =
        false; ///< even without every pending delivery there is no room: nothing was written
    /// The disk was full: outcomes are written and nothing else, `unwritten` not even of them.
    std::optional<std::string> full;
    std::vector<std::int64_t> unwritten; ///< deliveries
    Sizes sizes;
    std::optional<std::int64_t> oldest; ///< accepted_at of the oldest pending delivery
};

struct LoadedQueue {
    CountChanges counts; ///< pending and dead
    std::vector<CooldownMark> cooldowns;
    std::optional<TimeAnchor> anchor;
    std::int64_t newest_accepted_at = 0;
    std::int64_t next_event = 1;
    Sizes sizes;
    std::optional<std::int64_t> oldest;
};

/// Which deliveries a lane wants.
struct LaneQuery {
    std::vector<std::string> webhooks;
    std::vector<std::int64_t> leave_out; ///< sorted ids
    std::vector<Retry> unwritten{};      ///< retries that are due all the same, sorted by id
    std::size_t limit = 0;
};

/// Deliveries read back from disk for a lane.
struct DueBatch {
    std::vector<Delivery> deliveries;
    bool more = false;                    ///< the limit cut it off
    std::optional<std::int64_t> next_due; ///< the earliest retry that is not due yet
};

/// What was deleted.
struct DeletedDelivery {
    std::string webhook;
    bool pending = false;
    bool event_too = false; ///< it was the event's last delivery
};
/// Deletes a delivery and, when it was the last, its event. Nothing when there is no such delivery.
std::optional<DeletedDelivery> delete_delivery(common::Connection& connection, std::int64_t id,
                                               CountChanges& changes);

} // namespace agent

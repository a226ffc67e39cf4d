// The values that the loop and the database thread exchange: what is written to the queue and what
// is read back from it. Plain data, except for put_delivery() and bind_event(), which
// belong to the database thread.
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

/// The outcome of one attempt.
struct RecordedOutcome {
    std::int64_t id = 0;
    std::string webhook;
    Outcome::Kind kind = Outcome::Kind::delivered;
    std::uint32_t attempts = 0; ///< made so far, including this one
    std::int64_t due = 0;       ///< retry: queue time of the next attempt
    unsigned status = 0;
    std::string error;
    bool expired = false;   ///< not an attempt: max_age has passed, so the delivery is deleted
    common::Millis took{0}; ///< the attempt
    bool test = false;      ///< of a test event, which no counter of ends knows
};

/// One failed attempt, as the delivery's history keeps it.
struct AttemptNote {
    std::uint32_t attempt = 0;
    std::int64_t at = 0; ///< queue time
    unsigned status = 0;
    std::string error;
};

inline constexpr std::size_t history_length = 20; ///< attempts kept of each delivery

/// The latest outcome of a delivery, and the attempts to be added to its history.
struct UnwrittenOutcome {
    RecordedOutcome latest;
    std::vector<AttemptNote> attempts;
};

/// A retry whose latest outcome is not on disk yet.
struct Retry {
    std::int64_t id = 0;
    std::int64_t due = 0;
    std::uint32_t attempts = 0;
};

/// An event with one delivery per webhook.
struct EventRow {
    std::int64_t id = 0;
    std::string event_id;
    bool given = false;
    std::int64_t accepted_at = 0;
    std::shared_ptr<const std::string> bytes;
    std::vector<std::string> webhooks; ///< one delivery each, in this order

    /// The id of the delivery to webhooks[place].
    [[nodiscard]] std::int64_t delivery(std::size_t place) const {
        return id * deliveries_per_event + static_cast<std::int64_t>(place);
    }
};
/// Binds 1 to 5: id, event_id, given, accepted_at, body. The event must outlive the binding.
void bind_event(SQLite::Statement& put, const EventRow& event);

/// Roughly the bytes that the rows of one event take on disk.
std::uint64_t row_bytes(std::size_t body, std::size_t deliveries);

/// How a write changed the rows of one webhook by state, and, for the counters, why.
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
    /// Move the WAL into the database right after the commit, while that can still grow.
    bool disk_tight = false;
    /// Delete the oldest pending deliveries first, until this many bytes are freed.
    std::uint64_t make_room = 0;
};

/// The state of the whole queue after a write.
struct Measurement {
    Sizes sizes;
    std::optional<std::int64_t> oldest; ///< accepted_at of the oldest pending delivery
};

/// What a write reports to the loop.
struct CommitResult {
    CountChanges changes;
    std::vector<std::int64_t> dropped; ///< deliveries deleted to make room
    /// Not enough room even without all pending deliveries: only outcomes were written.
    bool no_room = false;
    /// The disk was full: only outcomes were written, except those of `unwritten`.
    std::optional<std::string> full;
    std::vector<std::int64_t> unwritten; ///< delivery ids
    Measurement measured;
};

/// What the loop needs to know when it starts with a database.
struct LoadedQueue {
    CountChanges counts; ///< pending and dead
    std::vector<CooldownMark> cooldowns;
    std::optional<TimeAnchor> anchor;
    std::int64_t newest_accepted_at = 0;
    std::int64_t next_event = 1;
    Measurement measured;
};

/// Which deliveries a lane asks for.
/// Of one batch: at most so many deliveries, and none beyond the one with which their events reach
/// so many bytes. The deliveries of one event share its bytes.
struct BatchBounds {
    std::size_t deliveries = 0;
    std::size_t bytes = std::size_t{8} << 20;
};

struct LaneQuery {
    std::vector<std::string> webhooks;
    std::vector<std::int64_t> leave_out; ///< ids, sorted
    std::vector<Retry> unwritten{};      ///< included although the disk does not say so yet
    BatchBounds bounds{};
};

/// Deliveries read back from disk for a lane.
struct DueBatch {
    std::vector<Delivery> deliveries;
    bool more = false;                    ///< there are more than the bounds allow
    std::optional<std::int64_t> next_due; ///< when the earliest retry that is not due yet will be
};

struct DeletedDelivery {
    std::string webhook;
    bool pending = false;
    bool event_too = false; ///< it was the event's last delivery
};
/// Writes a delivery that was never tried. Throws as SQLite does.
void put_delivery(common::Connection& connection, std::int64_t id, const std::string& webhook);

} // namespace agent

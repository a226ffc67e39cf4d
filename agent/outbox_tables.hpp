// OutboxTables: the SQL of the outbox's main path: one commit, and reading deliveries back. Database thread only. Functions throw as
// SQLite does; what they began is then rolled back. No look here costs more with a longer queue.
#pragma once

#include "agent/cooldowns.hpp"
#include "agent/delivery.hpp"
#include "agent/queue_time.hpp"
#include "agent/settlements.hpp"
#include "common/database.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace SQLite {
class Exception;
} // namespace SQLite

namespace agent {

/// A delivery's id is its event's row * this + its place among the event's deliveries.
inline constexpr std::int64_t deliveries_per_event = 65'536;

// delivery.state
inline constexpr int row_pending = 0;
inline constexpr int row_dead = 1;

struct EventRow {
    std::int64_t id = 0;
    std::string event_id;
    bool given = false;
    std::int64_t accepted_at = 0;
    std::shared_ptr<const std::string> bytes;
    std::vector<std::string> webhooks; ///< one delivery each, in this order

    [[nodiscard]] std::int64_t delivery(std::size_t place) const { return id * deliveries_per_event + static_cast<std::int64_t>(place); }
};
/// About what the rows of an event take on disk.
std::uint64_t row_bytes(std::size_t body, std::size_t deliveries);

/// What a write changed for one webhook: rows by state, and for the statistics why.
struct Effect {
    std::int64_t pending = 0, dead = 0;
    std::uint64_t died = 0, expired = 0, dropped = 0;
};
using Effects = std::map<std::string, Effect>;
void add(Effects& to, const Effects& more);

struct Commit {
    std::vector<HeldSettlement> settlements;
    std::vector<EventRow> events;
    std::vector<CooldownMark> cooldowns;
    std::optional<TimeAnchor> anchor;
    bool disk_tight = false;     ///< the WAL goes into the database at once, while that still has room to grow
    std::uint64_t make_room = 0; ///< bytes: so much of the oldest pending deliveries is deleted first
};

/// The files, and what of them is in use.
struct Sizes {
    std::uint64_t used = 0;  ///< pages in use
    std::uint64_t spare = 0; ///< pages that are free within the file
    std::uint64_t wal = 0;
    std::uint64_t growth = 0; ///< of the database file, once what stands in the WAL alone is moved into it
    [[nodiscard]] std::uint64_t files() const { return used + spare + wal; }
};

/// What a write tells the loop.
struct Written {
    Effects effects;
    std::vector<std::int64_t> dropped; ///< deliveries deleted to make room
    bool no_room = false;              ///< even without every pending delivery there is no room: nothing was written
    /// The disk was full: outcomes are written and nothing else, `unwritten` not even of them.
    std::optional<std::string> full;
    std::vector<std::int64_t> unwritten; ///< deliveries
    Sizes sizes;
    std::optional<std::int64_t> oldest; ///< accepted_at of the oldest pending delivery
};

struct Loaded {
    Effects counts; ///< pending and dead
    std::vector<CooldownMark> cooldowns;
    std::optional<TimeAnchor> anchor;
    std::int64_t newest_accepted_at = 0;
    std::int64_t next_event = 1;
    Sizes sizes;
    std::optional<std::int64_t> oldest;
};

/// Which deliveries a lane wants.
struct Wanted {
    std::vector<std::string> webhooks;
    std::vector<std::int64_t> leave_out;         ///< sorted ids
    std::vector<Settlements::Retry> unwritten{}; ///< retries that are due all the same, sorted by id
    std::size_t limit = 0;
};

/// Deliveries read back from disk for a lane.
struct DueBatch {
    std::vector<Delivery> deliveries;
    bool more = false;                    ///< the limit cut it off
    std::optional<std::int64_t> next_due; ///< the earliest retry that is not due yet
};

class OutboxTables {
  public:
    /// Once after opening: counts everything (one pass over each index). `max_size` bounds how long the WAL may get.
    Loaded load(common::Connection& connection, std::uint64_t max_size);

    Written commit(common::Connection& connection, const Commit& commit);
    /// Of (event id, bytes): which are the same as an event that still has a pending delivery.
    std::vector<bool> pending_already(common::Connection& connection,
                                      const std::vector<std::pair<std::string, std::shared_ptr<const std::string>>>& events);

    /// Never tried, id above `after`, oldest first.
    DueBatch fresh(common::Connection& connection, const Wanted& wanted, std::int64_t after);
    /// Retries due at `now`, longest due first.
    DueBatch due(common::Connection& connection, const Wanted& wanted, std::int64_t now);

    /// Fills in sizes and the oldest; for other writers too.
    void look(common::Connection& connection, Written& written);
    /// A delivery older than those that look() knows of became pending again.
    void revived(std::int64_t id) { oldest_from_ = std::min(oldest_from_, id); }

  private:
    std::optional<std::int64_t> oldest_accepted_at(common::Connection& connection);
    bool make_room(common::Connection& connection, std::uint64_t bytes, Written& written);
    static Written settle_alone(common::Connection& connection, const std::vector<HeldSettlement>& settlements);

    std::int64_t oldest_from_ = 0; // no pending delivery has a smaller id
};

/// What was deleted.
struct Gone {
    std::string webhook;
    bool pending = false;
    bool event_too = false; ///< it was the event's last delivery
};
/// Deletes a delivery and, when it was the last, its event. Nothing when there is no such delivery.
std::optional<Gone> delete_delivery(common::Connection& connection, std::int64_t id, Effects& effects);

bool says_full(const SQLite::Exception& error);
/// Moves the WAL into the database, as far as that goes: it is then written from its beginning again, and need not grow.
void reuse_wal(common::Connection& connection) noexcept;
/// Gives up to `pages` of the spare ones back to the file system, once they are checkpointed.
void shrink(common::Connection& connection, std::uint64_t pages);
/// Moves the WAL into the database and empties it, where no reader keeps it.
void empty_wal(common::Connection& connection);
Sizes sizes_of(common::Connection& connection);

} // namespace agent

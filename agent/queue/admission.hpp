// Admission: decides which events of a group become rows (duplicates, cooldowns, room) and assigns
// row ids. Loop thread. A group is formed, written, and then kept or undone as a whole, so memory
// never claims more than the disk holds.
#pragma once

#include "agent/config/config.hpp"
#include "agent/event_list/event_list.hpp"
#include "agent/queue/cooldowns.hpp"
#include "agent/queue/recent_events.hpp"
#include "agent/store/commit.hpp"
#include "agent/webhooks/counters.hpp"
#include "common/async/clock.hpp"
#include "common/base/result.hpp"

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace agent {

/// One event and the webhooks that it goes to. Without any it is only checked for being a
/// duplicate.
struct NewEvent {
    std::string event_id; ///< given by the producer, or a UUIDv7 of ours
    bool id_given = true; ///< an event without an id of its own is never a duplicate
    std::shared_ptr<const std::string> bytes;
    struct For {
        std::shared_ptr<const Webhook> webhook;
        /// If set: at most one delivery per value within webhook->settings.cooldown.
        std::optional<std::string> cooldown_value;
    };
    std::vector<For> deliveries;
    std::uint32_t begin = 0; ///< in the body of its request
    bool test = false;       ///< shown as a test in the event list
};

/// Events of one request that match no webhook, which may be a million: only told apart from their
/// repetitions and counted, so they stay in the body and take 24 bytes each.
struct UnmatchedEvents {
    struct Place {
        EventKey key;
        std::uint32_t begin = 0, size = 0; ///< in the body
    };
    std::shared_ptr<const std::string> body; ///< null without places
    std::deque<Place> with_id;               ///< not a vector, which copies all of it as it grows
    std::uint64_t without_id = 0;            ///< never duplicates
    std::vector<Place> listed;               ///< those without an id that the event list shows

    [[nodiscard]] std::string_view text(const Place& place) const {
        return std::string_view{*body}.substr(place.begin, place.size);
    }
    [[nodiscard]] std::uint64_t count() const { return with_id.size() + without_id; }
};

/// What the event list shows of a request.
struct Listing {
    std::shared_ptr<const Snapshot> snapshot{}; ///< that it was matched against; null: nothing
    std::uint32_t from = 0; ///< events that begin before that place in the body are not shown
    [[nodiscard]] bool shows(std::uint32_t begin) const { return snapshot && begin >= from; }
};

/// The events of one request, with what is known about each.
struct EventBatch {
    EventBatch(std::vector<NewEvent> news, UnmatchedEvents others, Listing shown = {});
    std::vector<NewEvent> events;
    std::vector<EventKey> keys;        ///< one per event
    std::vector<bool> pending_on_disk; ///< one per event: known to be a duplicate
    std::size_t bytes = 0;             ///< of the events
    UnmatchedEvents unmatched;
    std::vector<bool> unmatched_pending; ///< as pending_on_disk; empty: none is
    Listing listing;
    [[nodiscard]] std::uint64_t row_bytes() const { return agent::row_bytes(bytes, events.size()); }
};

struct Accepted {
    std::uint64_t accepted = 0; ///< events, including duplicates
    std::uint64_t duplicates = 0;
    std::uint64_t deliveries = 0;
    std::int64_t last_delivery = 0; ///< id of the last event's first delivery; 0: there is none
};

/// Fault::full: rows of that many bytes cannot be stored now.
common::Error no_room_error(std::uint64_t bytes);

class Admission {
  public:
    static constexpr common::Millis duplicate_window{600'000};

    Admission(Counters& stats, EventList& events) : stats_{stats}, events_{events} {}
    void load(std::vector<CooldownMark> cooldowns, std::int64_t next_event);

    /// Starts a new group; undoes one that was not kept.
    void begin(common::Instant now, std::int64_t queue_now);
    [[nodiscard]] bool is_recent(const EventKey& key) const { return recent_.contains(key); }

    /// Admits one request's events, all or nothing. `room`: the bytes of rows that may be used,
    /// reduced by what is. Fault::full leaves no trace.
    common::Result<Accepted> admit(const EventBatch& batch, std::uint64_t& room);

    /// The rows of the group, to be taken once, and the cooldowns that they start.
    [[nodiscard]] std::vector<EventRow> take_rows() { return std::move(rows_); }
    [[nodiscard]] std::uint64_t bytes() const; ///< of the rows
    [[nodiscard]] std::vector<CooldownMark> cooldowns() const { return cooldowns_.marks(); }
    [[nodiscard]] std::int64_t next_event() const { return next_event_; }

    /// The group is committed.
    void keep();
    /// The group is not committed. Its row ids are not used again, since part of it may have
    /// reached the disk.
    void undo();

    /// As Cooldowns::until().
    [[nodiscard]] std::int64_t cooldown_until(const std::string& webhook,
                                              const std::string& value) const {
        return cooldowns_.until(webhook, value);
    }
    /// Forgets cooldowns that are over. Returns whether there were any.
    bool expire(std::int64_t queue_now) { return cooldowns_.expire(queue_now); }

  private:
    struct Savepoint {
        std::size_t remembered = 0, cooldowns = 0, rows = 0, suppressed = 0, listed = 0;
    };
    void undo_to(const Savepoint& savepoint);
    bool suppress(const NewEvent::For& to);
    bool remember(const EventKey& key, bool pending_on_disk);
    EventRow row_of(const NewEvent& event);
    void list(const EventBatch& batch, const NewEvent& event, const EventRow* row);
    void list_unmatched(const EventBatch& batch, const UnmatchedEvents::Place& place,
                        bool duplicate);
    ListedEvent& add_listed(const EventBatch& batch, std::uint32_t begin, KeptText text);

    Counters& stats_;
    EventList& events_;
    RecentEvents recent_{duplicate_window};
    Cooldowns cooldowns_;
    std::int64_t next_event_ = 1;

    // The group.
    common::Instant now_{};
    std::int64_t queue_now_ = 0;
    std::size_t remembered_ = 0; // in recent_
    std::vector<EventRow> rows_;
    std::vector<std::string> suppressed_; // a webhook's key for each delivery suppressed
    std::vector<ListedEvent> listed_;
};

} // namespace agent

// Admission: what of a group of events becomes rows. Judges duplicates, cooldowns and room, and
// gives out row ids. Loop thread. A group is formed, written, and then kept or undone as a whole:
// memory never says more than the disk.
#pragma once

#include "agent/config/config.hpp"
#include "agent/queue/cooldowns.hpp"
#include "agent/queue/recent_events.hpp"
#include "agent/store/commit.hpp"
#include "agent/webhooks/counters.hpp"
#include "common/async/clock.hpp"
#include "common/base/result.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace agent {

/// One event and whom it goes to. `deliveries` may be empty: then only the duplicate is judged.
struct NewEvent {
    std::string event_id; ///< given, or a UUIDv7 of ours
    bool id_given = true; ///< without an id of its own an event is never a duplicate
    std::shared_ptr<const std::string> bytes;
    struct For {
        std::shared_ptr<const Webhook> webhook;
        std::optional<std::string>
            cooldown_value; ///< set: at most one per value and webhook.settings.cooldown
    };
    std::vector<For> deliveries;
};

struct Accepted {
    std::uint64_t accepted = 0; ///< events, duplicates among them
    std::uint64_t duplicates = 0;
    std::uint64_t deliveries = 0;
};

class Admission {
  public:
    static constexpr common::Millis duplicate_window{600'000};

    explicit Admission(Counters& stats) : stats_{stats} {}
    void load(std::vector<CooldownMark> cooldowns, std::int64_t next_event);

    /// A new group; one that was not kept is undone.
    void begin(common::Instant now, std::int64_t queue_now);
    [[nodiscard]] bool is_recent(const EventKey& key) const { return recent_.contains(key); }

    /// One request's events, all or nothing. `keys` as many as events; `on_disk`: those known to be
    /// duplicates of pending ones (may be empty: none). `room`: bytes that may be used, reduced by
    /// what is. Fault::full leaves no trace.
    common::Result<Accepted> admit(const std::vector<NewEvent>& events,
                                   const std::vector<EventKey>& keys,
                                   const std::vector<bool>& on_disk, std::uint64_t& room);

    /// The rows of the group; the cooldowns that go with them.
    [[nodiscard]] const std::vector<EventRow>& rows() const { return rows_; }
    [[nodiscard]] std::vector<CooldownMark> cooldowns() const { return cooldowns_.marks(); }
    [[nodiscard]] std::int64_t next_event() const { return next_event_; }

    /// The group is committed.
    void keep();
    /// The group is not committed. Its row ids are not given again: who knows what the disk has of
    /// them.
    void undo();

    /// Whether cooldowns were over and are forgotten.
    bool expire(std::int64_t queue_now) { return cooldowns_.expire(queue_now); }

  private:
    struct Mark {
        std::size_t recent, cooldowns, rows;
    };
    void undo_to(const Mark& mark);
    bool suppressed(const NewEvent::For& to);

    Counters& stats_;
    RecentEvents recent_{duplicate_window};
    Cooldowns cooldowns_;
    std::int64_t next_event_ = 1;

    // The group.
    common::Instant now_{};
    std::int64_t queue_now_ = 0;
    std::size_t remembered_ = 0; // in recent_
    std::vector<EventRow> rows_;
    std::vector<std::string> suppressed_; // webhook keys, once each time
};

} // namespace agent

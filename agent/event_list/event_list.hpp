// EventList: the last events and what has become of each, so that a person can see why a door did
// not open: also those that matched nothing, were duplicates or kept back, and the requests that
// were refused. Loop thread. Memory only: empty after a restart.
//
// Bounded by [ingest] event_list and by most_bytes; the oldest go first. Why an event did not match
// a webhook is not stored: whoever reads the list finds it out from the event and the snapshot.
//
// This folder uses agent/store's values and agent/webhooks. The queue tells it what it decides, the
// API reads it.
#pragma once

#include "agent/config/config.hpp"
#include "agent/event_list/listed_event.hpp"
#include "agent/event_list/refusals.hpp"
#include "agent/event_list/snapshot_bytes.hpp"
#include "agent/store/rows.hpp"
#include "agent/store/selection.hpp"
#include "common/async/clock.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace agent {

class EventList {
  public:
    static constexpr std::size_t most_bytes = std::size_t{4} << 20;

    /// Both outlive the list. The limit is read at each use (SIGHUP may change it).
    EventList(common::Clock& clock, const Config& config);

    /// How many events of a request are worth an entry: the last ones. 0: the list is off.
    [[nodiscard]] std::size_t wanted() const;

    /// Committed events, in their order; row ids increase over all calls. Takes the entries out.
    void add(std::vector<ListedEvent>& events);
    /// A request was refused. Tells the log of producers, at most once a minute.
    void refuse(unsigned status, std::string detail, std::string from);

    /// The outcome of an attempt. `now` is the queue time, here and below.
    void note(const RecordedOutcome& recorded, std::int64_t now);
    /// Deliveries that have ended without an attempt.
    void end(const std::vector<std::int64_t>& deliveries, ListedDelivery::State state,
             ListedDelivery::Cause cause);
    /// An operator's retry: dead letters wait again with fresh attempts, waiting ones are due.
    void retry(const Selection& selection, std::int64_t now);
    /// The same for these.
    void revive(const std::vector<std::int64_t>& deliveries, std::int64_t now);

    /// At most `limit` numbers of entries above `after`, newest first.
    [[nodiscard]] std::vector<std::uint64_t> numbers(std::uint64_t after, std::size_t limit) const;
    /// Null: it is not in the list, or not of that kind.
    [[nodiscard]] const ListedEvent* event(std::uint64_t seq) const;
    [[nodiscard]] const RefusedRequest* refusal(std::uint64_t seq) const;
    /// The number of the event of a delivery; nothing if it is not in the list.
    [[nodiscard]] std::optional<std::uint64_t> seq_of(std::int64_t delivery) const;
    /// Of the newest entry; 0 before the first.
    [[nodiscard]] std::uint64_t last() const { return last_; }
    [[nodiscard]] std::size_t bytes() const { return bytes_ + snapshots_.bytes(); }

  private:
    struct Place {
        ListedEvent& event;
        std::uint32_t place;
        [[nodiscard]] ListedDelivery& delivery() const { return event.deliveries[place]; }
    };
    [[nodiscard]] std::optional<Place> find(std::int64_t delivery);
    void add_failure(const Place& at, const RecordedOutcome& recorded);
    void keep_within_bounds();
    void drop_oldest();

    common::Clock& clock_;
    const Config& config_;
    std::deque<ListedEvent> events_;
    SnapshotBytes snapshots_;
    Refusals refusals_;
    std::uint64_t last_ = 0;
    std::int64_t last_row_ = 0;
    std::size_t bytes_ = 0; // of events_
};

} // namespace agent

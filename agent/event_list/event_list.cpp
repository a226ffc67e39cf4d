#include "agent/event_list/event_list.hpp"

#include "agent/events/event.hpp"
#include "common/base/log.hpp"

#include <algorithm>

namespace agent {

namespace {

using Cause = ListedDelivery::Cause;
using State = ListedDelivery::State;

constexpr std::size_t longest_error = 500;
constexpr std::size_t longest_detail = 400;
constexpr std::size_t bytes_per_place = 96; // an entry of ListedFailures
constexpr std::size_t refused_share = 4;    // refused requests take at most a quarter of the list
/// So many events of a request have a debug line of their own.
constexpr std::size_t most_debug_lines = 1'000;

std::string cut(std::string text, std::size_t most) {
    if (text.size() > most) {
        text.resize(most);
    }
    return text;
}

std::size_t bytes_of(const ListedAttempt& attempt) {
    return sizeof(ListedAttempt) + attempt.error.size();
}

/// Before its first attempt.
std::size_t bytes_of(const ListedEvent& event) {
    return sizeof(ListedEvent) + event.text.size() +
           event.deliveries.capacity() * sizeof(ListedDelivery) +
           event.suppressed.capacity() * sizeof(SuppressedDelivery);
}

/// What became of an event that is not a delivery.
void log_end(const ListedEvent& event) {
    const auto read = read_event(event.text.view());
    const auto id = read ? read->id.value_or("") : "";
    if (event.duplicate) {
        common::log::debug("an event is a duplicate", {{"event", id}});
    } else if (event.deliveries.empty() && event.suppressed.empty()) {
        common::log::debug("an event matches no webhook", {{"event", id}});
    }
    for (const auto& one : event.suppressed) {
        common::log::debug(
            "a cooldown keeps a delivery back",
            {{"webhook", one.webhook->key}, {"name", one.webhook->name}, {"event", id}});
    }
}

/// Without a state, both kinds are meant.
void retry_one(ListedDelivery& one, std::optional<DeliveryState> meant, std::int64_t now) {
    if (one.state == State::waiting && meant != DeliveryState::dead) {
        one.when = std::min(one.when, now);
    } else if (one.state == State::dead && meant != DeliveryState::pending) {
        one.state = State::waiting;
        one.cause = Cause::none;
        one.attempts = 0;
        one.when = now;
    }
}

template <class Entries> auto find_number(Entries& entries, std::uint64_t seq) {
    const auto at =
        std::ranges::lower_bound(entries, seq, {}, [](const auto& one) { return one.seq; });
    return at != entries.end() && at->seq == seq ? &*at : nullptr;
}

std::uint32_t place_of(std::int64_t delivery) {
    return static_cast<std::uint32_t>(delivery % deliveries_per_event);
}

/// The event of a delivery; null if it is not in the list.
template <class Events> auto event_of(Events& events, std::int64_t delivery) {
    const auto row = delivery / deliveries_per_event;
    // Those without deliveries have the row of the one before them, negative.
    const auto at = std::ranges::lower_bound(
        events, row, {}, [](const ListedEvent& event) { return std::abs(event.row); });
    const bool found =
        at != events.end() && at->row == row && place_of(delivery) < at->deliveries.size();
    return found ? &*at : nullptr;
}

} // namespace

EventList::EventList(common::Clock& clock, const Config& config) : clock_{clock}, config_{config} {}

std::size_t EventList::wanted() const {
    const auto limit = static_cast<std::size_t>(config_.ingest.event_list);
    return common::log::writes(common::log::Level::debug) ? std::max(limit, most_debug_lines)
                                                          : limit;
}

void EventList::add(std::vector<ListedEvent>& events) {
    if (events.empty()) {
        return;
    }
    const bool debug = common::log::writes(common::log::Level::debug);
    const auto at = clock_.wall();
    const auto instant = clock_.now();
    for (auto& event : events) {
        if (debug) {
            log_end(event);
        }
        event.seq = ++last_;
        event.at = at;
        event.instant = instant;
        // Also those without a row have one, for the search: they come after it.
        last_row_ = std::max(last_row_, event.row);
        event.row = event.row == 0 ? -last_row_ : event.row;
        event.bytes = bytes_of(event);
        bytes_ += event.bytes;
        snapshots_.used(event.snapshot, event.seq);
        events_.push_back(std::move(event));
        keep_within_bounds();
    }
    events.clear();
}

void EventList::refuse(unsigned status, std::string detail, std::string from) {
    RefusedRequest refused;
    refused.at = clock_.wall();
    refused.instant = clock_.now();
    refused.status = status;
    refused.detail = cut(std::move(detail), longest_detail);
    refused.from = std::move(from);
    // What the queue refuses (5xx) it logs itself.
    if (status < 500) {
        if (const auto due = refusals_.warning(refused.instant)) {
            common::log::warn("a producer's request is refused", {{"status", status},
                                                                  {"detail", refused.detail},
                                                                  {"from", refused.from},
                                                                  {"not_logged", due->not_logged}});
        }
    }
    if (const auto limit = static_cast<std::size_t>(config_.ingest.event_list); limit > 0) {
        refusals_.add(std::move(refused), last_, std::max<std::size_t>(limit / refused_share, 1));
    }
    keep_within_bounds();
}

void EventList::drop_oldest() {
    auto& oldest = events_.front();
    bytes_ -= oldest.bytes;
    snapshots_.gone(oldest.seq);
    events_.pop_front();
}

void EventList::keep_within_bounds() {
    const auto limit = static_cast<std::size_t>(config_.ingest.event_list);
    if (limit == 0) {
        refusals_.clear();
    }
    while (!events_.empty() &&
           (events_.size() + refusals_.size() > limit || bytes() > most_bytes)) {
        drop_oldest();
    }
}

std::optional<EventList::Place> EventList::find(std::int64_t delivery) {
    auto* event = event_of(events_, delivery);
    return event == nullptr ? std::nullopt : std::optional{Place{*event, place_of(delivery)}};
}

std::optional<std::uint64_t> EventList::seq_of(std::int64_t delivery) const {
    const auto* event = event_of(events_, delivery);
    return event == nullptr ? std::nullopt : std::optional{event->seq};
}

void EventList::add_failure(const Place& at, const RecordedOutcome& recorded) {
    auto& event = at.event;
    const auto before = event.bytes;
    if (!event.failures) {
        event.failures = std::make_unique<ListedFailures>();
    }
    const auto [entry, added] = event.failures->try_emplace(at.place);
    auto& attempts = entry->second;
    if (added) {
        event.bytes += bytes_per_place;
    }
    if (attempts.size() == listed_attempts) {
        event.bytes -= bytes_of(attempts.front());
        attempts.erase(attempts.begin());
    }
    attempts.push_back({clock_.wall(), recorded.status, cut(recorded.error, longest_error),
                        at.delivery().took_ms});
    event.bytes += bytes_of(attempts.back());
    bytes_ += event.bytes - before;
    keep_within_bounds(); // the entry itself may be the one that goes
}

void EventList::note(const RecordedOutcome& recorded, std::int64_t now) {
    const auto at = find(recorded.id);
    if (!at) {
        return;
    }
    auto& delivery = at->delivery();
    const bool delivered = recorded.kind == Outcome::Kind::delivered && !recorded.expired;
    if (delivery.state != State::waiting && !delivered) {
        return; // dropped while it was being tried, and it stays that
    }
    delivery.attempts = recorded.attempts;
    if (recorded.expired) {
        delivery.state = State::expired;
        return;
    }
    delivery.cause = Cause::none;
    delivery.status = static_cast<std::uint16_t>(recorded.status);
    delivery.took_ms = static_cast<std::uint32_t>(recorded.took.count());
    if (delivered) {
        delivery.state = State::delivered;
        delivery.when = std::max<std::int64_t>(now - at->event.accepted_at, 0);
        return;
    }
    delivery.state = recorded.kind == Outcome::Kind::dead ? State::dead : State::waiting;
    delivery.when = recorded.due;
    add_failure(*at, recorded);
}

void EventList::end(const std::vector<std::int64_t>& deliveries, State state, Cause cause) {
    for (const auto id : deliveries) {
        const auto at = find(id);
        if (at && at->delivery().state != State::delivered) {
            at->delivery().state = state;
            at->delivery().cause = cause;
        }
    }
}

void EventList::revive(const std::vector<std::int64_t>& deliveries, std::int64_t now) {
    for (const auto id : deliveries) {
        if (const auto at = find(id)) {
            retry_one(at->delivery(), std::nullopt, now);
        }
    }
}

void EventList::retry(const Selection& selection, std::int64_t now) {
    const auto retry_if_meant = [&](ListedDelivery& one) {
        if (!selection.webhook || *selection.webhook == one.webhook->key) {
            retry_one(one, selection.state, now);
        }
    };
    for (const auto id : selection.ids) {
        if (const auto at = find(id)) {
            retry_if_meant(at->delivery());
        }
    }
    if (selection.ids.empty()) {
        for (auto& event : events_) {
            std::ranges::for_each(event.deliveries, retry_if_meant);
        }
    }
}

std::vector<std::uint64_t> EventList::numbers(std::uint64_t after, std::size_t limit) const {
    std::vector<std::uint64_t> numbers;
    const auto& refusals = refusals_.all();
    auto event = events_.rbegin();
    auto refusal = refusals.rbegin();
    while (numbers.size() < limit) {
        const auto one = event == events_.rend() ? 0 : event->seq;
        const auto other = refusal == refusals.rend() ? 0 : refusal->seq;
        if (std::max(one, other) <= after) {
            break;
        }
        numbers.push_back(std::max(one, other));
        if (one > other) {
            ++event;
        } else {
            ++refusal;
        }
    }
    return numbers;
}

const ListedEvent* EventList::event(std::uint64_t seq) const {
    return find_number(events_, seq);
}

const RefusedRequest* EventList::refusal(std::uint64_t seq) const {
    return find_number(refusals_.all(), seq);
}

} // namespace agent

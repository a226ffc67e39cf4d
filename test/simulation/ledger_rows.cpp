// The ledger against the rows of the queue: what must still be there, and what may be gone.

#include "test/simulation/ledger.hpp"

#include <algorithm>

namespace simulation {

using common::Millis;

namespace {

/// Rows of a page.
constexpr std::uint64_t rows_on_page = 64;
/// The queue counts whole milliseconds.
constexpr Millis clock_error{2};

} // namespace

bool Ledger::may_be_gone(const Event& event, const std::string& webhook) const {
    const auto duty = event.duties.find(webhook);
    return duty != event.duties.end() && may_be_gone(event, webhook, duty->second);
}

bool Ledger::may_be_gone(const Event& event, const std::string& webhook, const Duty& duty) const {
    const auto age = clock_.world() - event.accepted;
    const bool expired = terms_.max_age.count() > 0 && age >= terms_.max_age;
    const auto least = definitions_.least_attempts(webhook); // one of its versions had a limit
    const bool dead = least != 0 && duty.attempts >= 1 && terms_.small_queue;
    return duty.dropped || expired || dead || terms_.drops_oldest ||
           (definitions_.was_removed(webhook) && terms_.small_queue);
}

bool Ledger::is_lost(const std::string& id, const Event& event, const std::string& webhook,
                     const Duty& duty, const Kept& kept) const {
    return duty.owed && duty.delivered == 0 && !kept.contains({id, webhook}) &&
           !may_be_gone(event, webhook, duty) && !may_be_suppressed(event, webhook, kept);
}

/// Whether the delivery exists or has existed, so that no cooldown has kept it back.
bool Ledger::came(const std::string& id, const Event& event, const std::string& webhook,
                  const Kept& kept) {
    const auto duty = event.duties.find(webhook);
    return kept.contains({id, webhook}) ||
           (duty != event.duties.end() && duty->second.attempts > 0);
}

bool Ledger::died_between(WorldTime from, WorldTime to) const {
    return std::ranges::any_of(
        ends_, [&](const End& end) { return !end.orderly && end.at >= from && end.at <= to; });
}

/// Whether another event of the camera came so shortly before that a cooldown may have kept this
/// one's delivery back. When exactly each was committed is not known, and of the time that a board
/// was without power its clock may not know.
bool Ledger::may_be_suppressed(const Event& event, const std::string& webhook,
                               const Kept& kept) const {
    return terms_.cools(webhook) && std::ranges::any_of(events_, [&](const auto& entry) {
               const auto& [id, other] = entry;
               const auto latest = other.accepted.count() < 0 ? event.accepted : other.accepted;
               return &other != &event && other.camera == event.camera && !other.inherited &&
                      other.first_offered <= event.accepted &&
                      (event.first_offered - latest < terms_.cooldown + clock_error ||
                       died_between(latest, event.accepted)) &&
                      (came(id, other, webhook, kept) || may_be_gone(other, webhook));
           });
}

/// Throws Broken if two deliveries certainly came within one cooldown.
void Ledger::require_cooldowns(const Kept& kept) const {
    std::map<int, std::vector<const std::pair<const std::string, Event>*>> by_camera;
    for (const auto& entry : events_) {
        const auto& [id, event] = entry;
        if (damages_ == 0 && event.accepted.count() >= 0 && !event.inherited &&
            came(id, event, terms_.cooled, kept)) {
            by_camera[event.camera].push_back(&entry);
        }
    }
    for (auto& [camera, events] : by_camera) {
        std::ranges::sort(events, {}, [](const auto* entry) { return entry->second.accepted; });
        for (std::size_t i = 1; i < events.size(); ++i) {
            const auto& [first, one] = *events[i - 1];
            const auto& [second, two] = *events[i];
            const auto from = std::min(one.first_offered, two.first_offered);
            if (two.accepted - from + clock_error < terms_.cooldown &&
                !died_between(from, two.accepted)) {
                throw Broken{name_of(second, terms_.cooled) + " and event " + first +
                             " came within one cooldown"};
            }
        }
    }
}

void Ledger::judge(const Row& row, const Duty& duty) const {
    const auto name = name_of(row.event, row.webhook);
    if (row.attempts > duty.attempts) {
        throw Broken{name + ": " + std::to_string(row.attempts) + " attempts are written, " +
                     std::to_string(duty.attempts) + " were made"};
    }
    if (!row.dead || damages_ > 0) { // a bit may have flipped in the reason, too
        return;
    }
    const bool removed = row.last_error.starts_with("webhook removed");
    // A delivery in hand at three deaths in a row is suspected of them.
    const bool suspect =
        row.last_error.starts_with("the agent ended three times in a row") &&
        std::ranges::count_if(ends_, [](const End& end) { return !end.orderly; }) >= 3;
    const auto least = definitions_.least_attempts(row.webhook);
    if (!removed && !suspect && (least == 0 || duty.attempts < least)) {
        throw Broken{name + " is a dead letter after " + std::to_string(duty.attempts) +
                     " attempts: " + row.last_error};
    }
    if (removed && !definitions_.was_removed(row.webhook)) {
        throw Broken{name + " is dead as \"" + row.last_error + "\", but the server has it"};
    }
}

void Ledger::audit(const std::vector<Row>& rows, WorldTime since) {
    Kept kept;
    for (const auto& row : rows) {
        kept.emplace(row.event, row.webhook);
        judge(row, events_.at(row.event).duties[row.webhook]);
    }
    for (const auto& [id, event] : events_) {
        if (event.accepted.count() < 0 || event.accepted > since || damages_ + bad_sectors_ > 0) {
            continue;
        }
        for (const auto& [webhook, duty] : event.duties) {
            if (is_lost(id, event, webhook, duty, kept)) {
                throw Broken{name_of(id, webhook) + ", accepted after " +
                             std::to_string(event.accepted.count()) +
                             " ms, is not in the queue any more"};
            }
        }
    }
}

void Ledger::settle(const std::vector<Row>& rows) {
    Kept kept;
    for (const auto& row : rows) {
        const auto found = events_.find(row.event);
        if (found == events_.end()) {
            throw Broken{"the queue has an event that nobody sent: \"" + row.event + "\""};
        }
        auto& duty = found->second.duties[row.webhook];
        judge(row, duty);
        if (row.event == terms_.poisoned && !row.dead) {
            throw Broken{name_of(row.event, row.webhook) + " goes on ending the agent"};
        }
        if (duty.delivered > 0 && !found->second.resent && !may_repeat(duty)) {
            throw Broken{name_of(row.event, row.webhook) + " is in the queue after its 2xx"};
        }
        // What is dead is no duplicate of what its producer sends again after a restart.
        const bool sent_anew = found->second.resent && row.event == terms_.poisoned;
        if (!kept.emplace(row.event, row.webhook).second && !sent_anew) {
            throw Broken{name_of(row.event, row.webhook) + " is in the queue twice"};
        }
    }
    if (terms_.cooldown.count() > 0) {
        require_cooldowns(kept);
    }
    std::string first;
    for (const auto& [id, event] : events_) {
        for (const auto& [webhook, duty] : event.duties) {
            if (is_lost(id, event, webhook, duty, kept)) {
                ++lost_;
                first = first.empty() ? name_of(id, webhook) + ", accepted after " +
                                            std::to_string(event.accepted.count()) + " ms"
                                      : first;
            }
        }
    }
    if (lost_ > (damages_ + bad_sectors_) * rows_on_page) {
        throw Broken{std::to_string(lost_) + " of " + std::to_string(duties_) +
                     " deliveries are lost, the first: " + first};
    }
}

} // namespace simulation

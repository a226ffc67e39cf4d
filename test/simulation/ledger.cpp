#include "test/simulation/ledger.hpp"

#include <algorithm>
#include <utility>

namespace simulation {

using common::Millis;

namespace {

/// An outcome is written within a second, and a commit may take some time besides.
constexpr Millis writing_time{2'000};
/// After its faults have ceased the database is tried again within that time.
constexpr Millis recovery_time{60'000};
/// In which a fresh delivery begins at the latest, unless it waits for a connection.
constexpr Millis fresh_time{5'000};
} // namespace

std::string name_of(const std::string& event, const std::string& webhook) {
    return "event " + event + " for webhook " + webhook;
}

void Ledger::offered(const std::string& event, int camera,
                     const std::vector<std::string>& webhooks) {
    const auto [found, fresh] = events_.try_emplace(event);
    auto& entry = found->second;
    entry.resent = !fresh;
    entry.camera = camera;
    if (fresh) {
        entry.offered_to = webhooks;
        entry.first_offered = clock_.world();
    }
    entry.offered = clock_.world();
}

void Ledger::inherited(const std::string& event, int camera, const std::string& webhook,
                       unsigned attempts) {
    auto& entry = events_[event];
    entry.camera = camera;
    entry.accepted = clock_.world();
    entry.inherited = true;
    auto& duty = entry.duties[webhook];
    duty.owed = true;
    duty.attempts = attempts;
    ++duties_;
}

void Ledger::accepted(const std::string& event, const std::vector<std::string>& webhooks) {
    auto& entry = events_.at(event);
    if (entry.accepted.count() >= 0) {
        return; // a duplicate
    }
    entry.accepted = clock_.world();
    for (const auto& webhook : webhooks) {
        // The 202 may be for a duplicate of what was committed before a death. Then it has the
        // webhooks that it matched at that time, by definitions that nobody knows any more.
        if (entry.resent &&
            (std::ranges::find(entry.offered_to, webhook) == entry.offered_to.end() ||
             !definitions_.always_matched(webhook, entry.camera))) {
            continue;
        }
        auto& duty = entry.duties[webhook];
        duty.owed = true;
        ++duties_;
        if (duty.attempts == 0 && !terms_.cools(webhook)) {
            fresh_[webhook].emplace(event, clock_.world());
        }
    }
}

void Ledger::begun(const Call& call) {
    const auto found = events_.find(call.event);
    if (found == events_.end()) {
        return fail("a target got an event that nobody sent: \"" + call.event + "\"");
    }
    auto& event = found->second;
    if (!definitions_.ever_matched(call.webhook, event.camera) &&
        damages_ == 0) { // a bit may have flipped in a row's webhook
        return fail(name_of(call.event, call.webhook) + " was sent, but never matched");
    }
    auto& duty = event.duties[call.webhook];
    if (duty.delivered > 0 && !event.resent && !may_repeat(duty)) {
        return fail(name_of(call.event, call.webhook) + " was sent again after its 2xx at " +
                    std::to_string(duty.at.count()) + " ms");
    }
    fresh_[call.webhook].erase(call.event);
    if (duty.tried && !duty.retried) {
        require_fresh_first(call.webhook);
    }
    ++duty.attempts;
    duty.unwritten += disk_failed_since(clock_.world() - recovery_time) ? 1 : 0;
    const auto most = definitions_.most_attempts(call.webhook);
    if (most != 0 && damages_ == 0 &&
        duty.attempts > most + duty.extra + static_cast<unsigned>(ends_.size())) {
        fail(name_of(call.event, call.webhook) + " was sent " + std::to_string(duty.attempts) +
             " times, with send_attempts " + std::to_string(most));
    }
}

/// A retry begins: nothing of its webhook that is fresh may be left waiting. While the target does
/// not answer, fresh ones go one at a time, and a probe beside them.
void Ledger::require_fresh_first(const std::string& webhook) {
    const auto silence = silences_[webhook];
    if (silence.now) {
        return;
    }
    for (const auto& [event, accepted] : fresh_[webhook]) {
        const auto calm_since = std::max(accepted, silence.since);
        const auto& entry = events_.at(event);
        const auto stalled = stalled_between(calm_since, clock_.world());
        if (calm_since + fresh_time + stalled < clock_.world() &&
            !may_be_gone(entry, webhook, entry.duties.at(webhook))) {
            return fail(name_of(event, webhook) + " waits behind a retry");
        }
    }
}

/// Only what was delivered shortly before a death, or while the disk did not write.
bool Ledger::may_repeat(const Duty& duty) const {
    if (damages_ > 0) { // a bit may have flipped in the webhook of another row
        return true;
    }
    if (duty.life == life_) {
        return false;
    }
    const auto& end = ends_.at(static_cast<std::size_t>(duty.life));
    return disk_failed_since(duty.at - recovery_time) ||
           (!end.orderly && duty.at + writing_time + stalled_between(duty.at, end.at) >= end.at);
}

/// How much of the time the database did nothing. One stall may begin within another.
Millis Ledger::stalled_between(WorldTime from, WorldTime to) const {
    Millis sum{0};
    for (const auto& [begin, end] : stalls_) {
        const auto first = std::max(from, begin);
        from = std::max(from, std::min(to, end));
        sum += std::max(from - first, Millis{0});
    }
    return sum;
}

void Ledger::ended(const Call& call) {
    if (auto& silence = silences_[call.webhook]; silence.now == call.answered) {
        silence = {!call.answered, clock_.world()};
    }
    auto& duty = events_.at(call.event).duties[call.webhook];
    duty.tried = true;
    if (!call.delivered) {
        return;
    }
    if (duty.delivered++ == 0) {
        ++delivered_;
        if (const auto& event = events_.at(call.event); event.accepted.count() >= 0) {
            auto& wait = waits_[call.webhook];
            wait = std::max(wait, clock_.world() - event.accepted);
        }
    } else {
        ++repeated_;
    }
    duty.life = life_;
    duty.at = clock_.world();
}

Millis Ledger::longest_wait(const std::string& webhook) {
    return std::exchange(waits_[webhook], Millis{0});
}

std::uint64_t Ledger::open() const {
    std::uint64_t count = 0;
    for (const auto& [id, event] : events_) {
        for (const auto& [webhook, duty] : event.duties) {
            count += duty.owed && duty.delivered == 0 && !duty.dropped ? 1 : 0;
        }
    }
    return count;
}

void Ledger::disk_fails(bool yes) {
    disturbed();
    if (disk_fails_ || yes) {
        disk_failed_at_ = clock_.world();
    }
    disk_fails_ = yes;
}

bool Ledger::disk_failed_since(WorldTime when) const {
    return disk_fails_ || disk_failed_at_ >= when;
}

void Ledger::died(bool orderly) {
    disturbed();
    ends_.push_back({clock_.world(), orderly});
    ++life_;
    for (auto& [id, event] : events_) {
        for (auto& [key, duty] : event.duties) {
            duty.extra += std::exchange(duty.unwritten, 0);
            duty.tried = false; // as the next life may see it
        }
    }
}

void Ledger::retried(const std::string& webhook, const std::string& of_event) {
    for (auto& [id, event] : events_) {
        for (auto& [key, duty] : event.duties) {
            if ((webhook.empty() || key == webhook) && (of_event.empty() || id == of_event)) {
                duty.extra += definitions_.most_attempts(key);
                duty.retried = true;
            }
        }
    }
}

void Ledger::dropped(const std::string& webhook, const std::string& of_event) {
    for (auto& [id, event] : events_) {
        for (auto& [key, duty] : event.duties) {
            duty.dropped = duty.dropped || ((webhook.empty() || key == webhook) &&
                                            (of_event.empty() || id == of_event));
        }
    }
}

} // namespace simulation

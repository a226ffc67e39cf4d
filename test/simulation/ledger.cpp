#include "test/simulation/ledger.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace simulation {

using common::Millis;

namespace {

/// An outcome is written within a second; a commit may take some time besides, and wait for a
/// database that does nothing for three seconds (Act::stall).
constexpr Millis writing_time{5'000};
/// After its faults have ceased the database is tried again within that time.
constexpr Millis recovery_time{60'000};
/// In which a fresh delivery begins at the latest, unless it waits for a connection.
constexpr Millis fresh_time{5'000};
/// Rows of a page.
constexpr std::uint64_t rows_on_page = 64;

std::string name_of(const std::string& event, const std::string& webhook) {
    return "event " + event + " for webhook " + webhook;
}

} // namespace

void Ledger::offered(const std::string& event, int camera,
                     const std::vector<std::string>& webhooks) {
    const auto [found, fresh] = events_.try_emplace(event);
    auto& entry = found->second;
    entry.resent = !fresh;
    entry.camera = camera;
    if (fresh) {
        entry.offered_to = webhooks;
    }
    entry.offered = clock_.world();
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
        if (duty.attempts == 0) {
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
    if (!definitions_.ever_matched(call.webhook, event.camera)) {
        return fail(name_of(call.event, call.webhook) + " was sent, but never matched");
    }
    auto& duty = event.duties[call.webhook];
    if (duty.delivered > 0 && !event.resent && !may_repeat(duty)) {
        return fail(name_of(call.event, call.webhook) + " was sent again after its 2xx at " +
                    std::to_string(duty.at.count()) + " ms");
    }
    fresh_[call.webhook].erase(call.event);
    if (duty.attempts > 0 && !duty.retried) {
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
        if (calm_since + fresh_time < clock_.world() &&
            !may_be_gone(entry, webhook, entry.duties.at(webhook))) {
            return fail(name_of(event, webhook) + " waits behind a retry");
        }
    }
}

/// Only what was delivered shortly before a death, or while the disk did not write.
bool Ledger::may_repeat(const Duty& duty) const {
    if (duty.life == life_) {
        return false;
    }
    const auto& end = ends_.at(static_cast<std::size_t>(duty.life));
    return disk_failed_since(duty.at - recovery_time) || damages_ > 0 ||
           (!end.orderly && duty.at + writing_time >= end.at);
}

void Ledger::ended(const Call& call) {
    if (auto& silence = silences_[call.webhook]; silence.now == call.answered) {
        silence = {!call.answered, clock_.world()};
    }
    if (!call.delivered) {
        return;
    }
    auto& duty = events_.at(call.event).duties[call.webhook];
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
        }
    }
}

void Ledger::retried(const std::string& webhook) {
    for (auto& [id, event] : events_) {
        for (auto& [key, duty] : event.duties) {
            if (webhook.empty() || key == webhook) {
                duty.extra += definitions_.most_attempts(key);
                duty.retried = true;
            }
        }
    }
}

void Ledger::dropped(const std::string& webhook) {
    for (auto& [id, event] : events_) {
        for (auto& [key, duty] : event.duties) {
            duty.dropped = duty.dropped || webhook.empty() || key == webhook;
        }
    }
}

bool Ledger::may_be_gone(const Event& event, const std::string& webhook, const Duty& duty) const {
    const auto age = clock_.world() - event.accepted;
    const bool expired = terms_.max_age.count() > 0 && age >= terms_.max_age;
    const auto most = definitions_.most_attempts(webhook);
    const bool dead = most != 0 && duty.attempts >= 1 && terms_.small_queue;
    return duty.dropped || expired || dead || terms_.drops_oldest ||
           (definitions_.was_removed(webhook) && terms_.small_queue);
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
    std::set<std::pair<std::string, std::string>> kept;
    for (const auto& row : rows) {
        kept.emplace(row.event, row.webhook);
        judge(row, events_.at(row.event).duties[row.webhook]);
    }
    for (const auto& [id, event] : events_) {
        if (event.accepted.count() < 0 || event.accepted > since || damages_ > 0) {
            continue;
        }
        for (const auto& [webhook, duty] : event.duties) {
            if (duty.owed && duty.delivered == 0 && !kept.contains({id, webhook}) &&
                !may_be_gone(event, webhook, duty)) {
                throw Broken{name_of(id, webhook) + ", accepted after " +
                             std::to_string(event.accepted.count()) +
                             " ms, is not in the queue any more"};
            }
        }
    }
}

void Ledger::settle(const std::vector<Row>& rows) {
    std::set<std::pair<std::string, std::string>> kept;
    for (const auto& row : rows) {
        const auto found = events_.find(row.event);
        if (found == events_.end()) {
            throw Broken{"the queue has an event that nobody sent: \"" + row.event + "\""};
        }
        auto& duty = found->second.duties[row.webhook];
        judge(row, duty);
        if (duty.delivered > 0 && !found->second.resent && !may_repeat(duty)) {
            throw Broken{name_of(row.event, row.webhook) + " is in the queue after its 2xx"};
        }
        if (!kept.emplace(row.event, row.webhook).second) {
            throw Broken{name_of(row.event, row.webhook) + " is in the queue twice"};
        }
    }
    std::string first;
    for (const auto& [id, event] : events_) {
        for (const auto& [webhook, duty] : event.duties) {
            if (duty.owed && duty.delivered == 0 && !kept.contains({id, webhook}) &&
                !may_be_gone(event, webhook, duty)) {
                ++lost_;
                first = first.empty() ? name_of(id, webhook) + ", accepted after " +
                                            std::to_string(event.accepted.count()) + " ms"
                                      : first;
            }
        }
    }
    if (lost_ > damages_ * rows_on_page) {
        throw Broken{std::to_string(lost_) + " of " + std::to_string(duties_) +
                     " deliveries are lost, the first: " + first};
    }
}

} // namespace simulation

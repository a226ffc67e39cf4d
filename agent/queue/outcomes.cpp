#include "agent/queue/outcomes.hpp"

#include <algorithm>
#include <utility>

namespace agent {

namespace {

constexpr std::size_t max_error_bytes = 500;

bool is_one_of(const std::vector<std::string>& webhooks, const std::string& webhook) {
    return std::find(webhooks.begin(), webhooks.end(), webhook) != webhooks.end();
}

bool is_retry_of(const RecordedOutcome& recorded, const std::vector<std::string>& webhooks) {
    return recorded.kind == Outcome::Kind::retry && !recorded.expired &&
           is_one_of(webhooks, recorded.webhook);
}

void keep_last(std::vector<AttemptNote>& attempts) {
    if (attempts.size() > history_length) {
        attempts.erase(attempts.begin(),
                       attempts.end() - static_cast<std::ptrdiff_t>(history_length));
    }
}

} // namespace

void UnwrittenOutcomes::count(const RecordedOutcome& recorded, bool in) {
    const bool dies = recorded.kind == Outcome::Kind::dead && !recorded.expired;
    if (recorded.kind == Outcome::Kind::retry && !recorded.expired) {
        return;
    }
    auto& here = leaving_by_webhook_[recorded.webhook];
    for (auto* leaving : {&here, &leaving_}) {
        leaving->pending += in ? 1 : -1ULL;
        leaving->dying += dies ? (in ? 1 : -1ULL) : 0;
    }
    if (here.pending == 0) {
        leaving_by_webhook_.erase(recorded.webhook);
    }
}

void UnwrittenOutcomes::weigh(const UnwrittenOutcome& outcome, bool in) {
    std::size_t bytes = sizeof(ById::value_type) + 64 + outcome.latest.webhook.size() +
                        outcome.latest.error.size() + outcome.attempts.size() * sizeof(AttemptNote);
    for (const auto& attempt : outcome.attempts) {
        bytes += attempt.error.size();
    }
    bytes_ += in ? bytes : -bytes;
}

void UnwrittenOutcomes::note_waiting(common::Instant now) {
    if (!waiting_.empty() && !waiting_since_) {
        waiting_since_ = now;
    }
}

void UnwrittenOutcomes::add(RecordedOutcome recorded, Now now) {
    if (recorded.error.size() > max_error_bytes) {
        recorded.error.resize(max_error_bytes);
    }
    const auto [place, added] = waiting_.try_emplace(recorded.id);
    auto& entry = place->second;
    if (!added) {
        count(entry.latest, false);
        weigh(entry, false);
    }
    if (recorded.expired || recorded.kind == Outcome::Kind::delivered) {
        entry.attempts.clear(); // the row goes, and its history with it
    } else {
        entry.attempts.push_back(
            {recorded.attempts, now.queue_time, recorded.status, recorded.error});
        keep_last(entry.attempts);
    }
    count(recorded, true);
    entry.latest = std::move(recorded);
    weigh(entry, true);
    note_waiting(now.instant);
}

std::vector<UnwrittenOutcome> UnwrittenOutcomes::take_all() {
    writing_ = std::exchange(waiting_, {});
    waiting_since_.reset();
    std::vector<UnwrittenOutcome> all;
    all.reserve(writing_.size());
    for (const auto& [id, outcome] : writing_) {
        all.push_back(outcome);
    }
    return all;
}

void UnwrittenOutcomes::written(const std::vector<std::int64_t>& unwritten, common::Instant now) {
    ById kept;
    for (const auto id : unwritten) {
        kept.insert(writing_.extract(id));
    }
    for (const auto& [id, outcome] : writing_) {
        count(outcome.latest, false);
        weigh(outcome, false);
    }
    writing_ = std::move(kept);
    put_back(now);
}

void UnwrittenOutcomes::put_back(common::Instant now) {
    for (auto& [id, outcome] : writing_) {
        const auto newer = waiting_.find(id);
        if (newer == waiting_.end()) {
            waiting_.emplace(id, std::move(outcome));
            continue;
        }
        count(outcome.latest, false);
        weigh(outcome, false);
        weigh(newer->second, false);
        auto& attempts = newer->second.attempts;
        attempts.insert(attempts.begin(), outcome.attempts.begin(), outcome.attempts.end());
        keep_last(attempts);
        weigh(newer->second, true);
    }
    writing_.clear();
    note_waiting(now);
}

std::vector<std::int64_t> UnwrittenOutcomes::ids(const std::vector<std::string>& webhooks,
                                                 std::int64_t after) const {
    std::vector<std::int64_t> ids;
    for (const auto* outcomes : {&waiting_, &writing_}) {
        for (auto one = outcomes->upper_bound(after); one != outcomes->end(); ++one) {
            if (is_one_of(webhooks, one->second.latest.webhook)) {
                ids.push_back(one->first);
            }
        }
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

const RecordedOutcome* UnwrittenOutcomes::latest(std::int64_t id) const {
    for (const auto* outcomes : {&waiting_, &writing_}) {
        if (const auto found = outcomes->find(id); found != outcomes->end()) {
            return &found->second.latest;
        }
    }
    return nullptr;
}

std::optional<std::int64_t>
UnwrittenOutcomes::earliest_due(const std::vector<std::string>& webhooks, std::int64_t now) const {
    std::optional<std::int64_t> earliest;
    for (const auto* outcomes : {&waiting_, &writing_}) {
        for (const auto& [id, outcome] : *outcomes) {
            const auto& latest = outcome.latest;
            if (is_retry_of(latest, webhooks) && latest.due > now) {
                earliest = std::min(earliest.value_or(latest.due), latest.due);
            }
        }
    }
    return earliest;
}

std::vector<Retry> UnwrittenOutcomes::due(const std::vector<std::string>& webhooks,
                                          std::int64_t now) const {
    std::vector<Retry> retries;
    for (const auto* outcomes : {&waiting_, &writing_}) {
        for (const auto& [id, outcome] : *outcomes) {
            const auto& one = outcome.latest;
            if (is_retry_of(one, webhooks) && one.due <= now && latest(id) == &one) {
                retries.push_back({id, one.due, one.attempts});
            }
        }
    }
    std::sort(retries.begin(), retries.end(),
              [](const Retry& a, const Retry& b) { return a.id < b.id; });
    return retries;
}

bool UnwrittenOutcomes::is_retry(std::int64_t id, std::uint32_t attempts) const {
    const auto* found = latest(id);
    return found && found->kind == Outcome::Kind::retry && !found->expired &&
           found->attempts == attempts;
}

std::uint64_t UnwrittenOutcomes::make_due_now(const Selection& selection, Now now) {
    // One that is being written is written as it was; the change waits for the commit after that.
    for (const auto& [id, outcome] : writing_) {
        if (is_retry(id, outcome.latest.attempts) && !waiting_.contains(id) &&
            selection.covers(id, outcome.latest.webhook)) {
            weigh(waiting_.emplace(id, UnwrittenOutcome{outcome.latest, {}}).first->second, true);
        }
    }
    std::uint64_t revived = 0;
    for (auto& [id, outcome] : waiting_) {
        auto& latest = outcome.latest;
        if (latest.expired || !selection.covers(id, latest.webhook)) {
            continue;
        }
        if (latest.kind == Outcome::Kind::retry && selection.state != DeliveryState::dead) {
            latest.due = std::min(latest.due, now.queue_time);
        } else if (latest.kind == Outcome::Kind::dead &&
                   selection.state != DeliveryState::pending) {
            count(latest, false);
            latest.kind = Outcome::Kind::retry;
            latest.attempts = 0;
            latest.due = now.queue_time;
            ++revived;
        }
    }
    note_waiting(now.instant);
    return revived;
}

bool UnwrittenOutcomes::bring_up_to_date(DeliveryRow& row, std::int64_t now) const {
    const auto* one = latest(row.id);
    if (!one || row.state != DeliveryState::pending) {
        return true;
    }
    if (one->expired || one->kind == Outcome::Kind::delivered) {
        return false;
    }
    row.attempts = one->attempts;
    row.last_status = one->status;
    row.last_error = one->error;
    if (one->kind == Outcome::Kind::dead) {
        row.state = DeliveryState::dead;
        row.next_attempt_ms.reset();
    } else {
        row.next_attempt_ms = std::max<std::int64_t>(one->due - now, 0);
    }
    return true;
}

UnwrittenOutcomes::Leaving UnwrittenOutcomes::leaving(const std::string& webhook) const {
    const auto found = leaving_by_webhook_.find(webhook);
    return found == leaving_by_webhook_.end() ? Leaving{} : found->second;
}

} // namespace agent

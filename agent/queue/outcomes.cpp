#include "agent/queue/outcomes.hpp"

#include <algorithm>

namespace agent {

namespace {

constexpr std::size_t longest_error = 500;

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

void UnwrittenOutcomes::hold(RecordedOutcome recorded, std::int64_t now) {
    if (recorded.error.size() > longest_error) {
        recorded.error.resize(longest_error);
    }
    const auto [held, added] = waiting_.try_emplace(recorded.id);
    auto& entry = held->second;
    if (!added) {
        count(entry.latest, false);
    }
    if (!recorded.expired && recorded.kind != Outcome::Kind::delivered) {
        entry.attempts.push_back({recorded.attempts, now, recorded.status, recorded.error});
        keep_last(entry.attempts);
    }
    count(recorded, true);
    entry.latest = std::move(recorded);
}

std::vector<UnwrittenOutcome> UnwrittenOutcomes::take() {
    writing_ = std::move(waiting_);
    waiting_.clear();
    std::vector<UnwrittenOutcome> taken;
    taken.reserve(writing_.size());
    for (const auto& [id, held] : writing_) {
        taken.push_back(held);
    }
    // Rows that lie side by side are written side by side.
    std::sort(taken.begin(), taken.end(),
              [](const auto& a, const auto& b) { return a.latest.id < b.latest.id; });
    return taken;
}

void UnwrittenOutcomes::written(const std::vector<std::int64_t>& unwritten) {
    ById kept;
    for (const auto id : unwritten) {
        kept.insert(writing_.extract(id));
    }
    for (const auto& [id, held] : writing_) {
        count(held.latest, false);
    }
    writing_ = std::move(kept);
    put_back();
}

void UnwrittenOutcomes::put_back() {
    for (auto& [id, held] : writing_) {
        const auto newer = waiting_.find(id);
        if (newer == waiting_.end()) {
            waiting_.emplace(id, std::move(held));
            continue;
        }
        count(held.latest, false);
        auto& attempts = newer->second.attempts;
        attempts.insert(attempts.begin(), held.attempts.begin(), held.attempts.end());
        keep_last(attempts);
    }
    writing_.clear();
}

std::vector<std::int64_t> UnwrittenOutcomes::ids(const std::vector<std::string>& webhooks) const {
    std::vector<std::int64_t> ids;
    for (const auto* held : {&waiting_, &writing_}) {
        for (const auto& [id, recorded] : *held) {
            if (is_one_of(webhooks, recorded.latest.webhook)) {
                ids.push_back(id);
            }
        }
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

const RecordedOutcome* UnwrittenOutcomes::latest(std::int64_t id) const {
    for (const auto* held : {&waiting_, &writing_}) {
        if (const auto found = held->find(id); found != held->end()) {
            return &found->second.latest;
        }
    }
    return nullptr;
}

std::optional<std::int64_t>
UnwrittenOutcomes::earliest_due(const std::vector<std::string>& webhooks, std::int64_t now) const {
    std::optional<std::int64_t> earliest;
    for (const auto* held : {&waiting_, &writing_}) {
        for (const auto& [id, recorded] : *held) {
            const auto& latest = recorded.latest;
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
    for (const auto* held : {&waiting_, &writing_}) {
        for (const auto& [id, recorded] : *held) {
            const auto& one = recorded.latest;
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

std::uint64_t UnwrittenOutcomes::make_due_now(const Selection& selection, std::int64_t now) {
    // What is being written is written as it was, so the new word on it waits behind that.
    for (const auto& [id, held] : writing_) {
        if (is_retry(id, held.latest.attempts) && !waiting_.contains(id) &&
            selection.covers(id, held.latest.webhook)) {
            waiting_.emplace(id, UnwrittenOutcome{held.latest, {}});
        }
    }
    std::uint64_t revived = 0;
    for (auto& [id, held] : waiting_) {
        auto& latest = held.latest;
        if (latest.expired || !selection.covers(id, latest.webhook)) {
            continue;
        }
        if (latest.kind == Outcome::Kind::retry && selection.state != DeliveryState::dead) {
            latest.due = std::min(latest.due, now);
        } else if (latest.kind == Outcome::Kind::dead &&
                   selection.state != DeliveryState::pending) {
            count(latest, false);
            latest.kind = Outcome::Kind::retry;
            latest.attempts = 0;
            latest.due = now;
            ++revived;
        }
    }
    return revived;
}

UnwrittenOutcomes::Leaving UnwrittenOutcomes::leaving(const std::string& webhook) const {
    const auto found = leaving_by_webhook_.find(webhook);
    return found == leaving_by_webhook_.end() ? Leaving{} : found->second;
}

} // namespace agent

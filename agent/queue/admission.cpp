#include "agent/queue/admission.hpp"

namespace agent {

EventBatch::EventBatch(std::vector<NewEvent> news, UnmatchedEvents others)
    : events{std::move(news)}, pending_on_disk(events.size(), false), unmatched{std::move(others)} {
    keys.reserve(events.size());
    for (const auto& event : events) {
        keys.push_back(event.id_given ? event_key(event.event_id, *event.bytes) : EventKey{});
        bytes += event.bytes->size();
    }
}

common::Error no_room_error(std::uint64_t bytes) {
    return {common::Fault::full, std::to_string(bytes) + " more bytes do not fit"};
}

void Admission::load(std::vector<CooldownMark> cooldowns, std::int64_t next_event) {
    cooldowns_.load(std::move(cooldowns));
    next_event_ = std::max(next_event_, next_event);
}

void Admission::begin(common::Instant now, std::int64_t queue_now) {
    now_ = now;
    queue_now_ = queue_now;
    undo();
    recent_.expire(now);
}

/// Whether a cooldown keeps the delivery back. If none does, one starts.
bool Admission::suppress(const NewEvent::For& to) {
    const auto span = to.webhook->settings.cooldown.count();
    if (!to.cooldown_value || span <= 0 ||
        cooldowns_.start(to.webhook->key, *to.cooldown_value, span, queue_now_)) {
        return false;
    }
    suppressed_.push_back(to.webhook->key);
    return true;
}

/// False: it is a duplicate.
bool Admission::remember(const EventKey& key, bool pending_on_disk) {
    if (recent_.contains(key) || pending_on_disk) {
        return false;
    }
    recent_.insert(key, now_);
    ++remembered_;
    return true;
}

EventRow Admission::row_of(const NewEvent& event) {
    EventRow row{0, event.event_id, event.id_given, queue_now_, event.bytes, {}};
    for (const auto& to : event.deliveries) {
        if (!suppress(to)) {
            row.webhooks.push_back(to.webhook->key);
        }
    }
    return row;
}

common::Result<Accepted> Admission::admit(const EventBatch& batch, std::uint64_t& room) {
    const Savepoint before{remembered_, cooldowns_.started(), rows_.size(), suppressed_.size()};
    Accepted accepted;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        const auto& event = batch.events[i];
        ++accepted.accepted;
        if (event.id_given && !remember(batch.keys[i], batch.pending_on_disk[i])) {
            ++accepted.duplicates;
            continue;
        }
        auto row = row_of(event);
        if (!row.webhooks.empty()) {
            row.id = next_event_++;
            accepted.deliveries += row.webhooks.size();
            bytes += row_bytes(event.bytes->size(), row.webhooks.size());
            rows_.push_back(std::move(row));
        }
    }
    const auto& unmatched = batch.unmatched;
    accepted.accepted += unmatched.count();
    for (std::size_t i = 0; i < unmatched.with_id.size(); ++i) {
        const bool pending = !batch.unmatched_pending.empty() && batch.unmatched_pending[i];
        accepted.duplicates += remember(unmatched.with_id[i].key, pending) ? 0 : 1;
    }
    if (bytes > room) {
        undo_to(before);
        return common::fail(no_room_error(bytes));
    }
    room -= bytes;
    return accepted;
}

std::uint64_t Admission::bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& row : rows_) {
        bytes += row_bytes(row.bytes->size(), row.webhooks.size());
    }
    return bytes;
}

void Admission::undo_to(const Savepoint& savepoint) {
    recent_.undo(remembered_ - savepoint.remembered);
    remembered_ = savepoint.remembered;
    cooldowns_.undo(savepoint.cooldowns);
    rows_.resize(savepoint.rows);
    suppressed_.resize(savepoint.suppressed);
}

void Admission::keep() {
    for (const auto& webhook : suppressed_) {
        ++stats_.webhooks[webhook].suppressed;
    }
    suppressed_.clear();
    rows_.clear();
    remembered_ = 0;
    cooldowns_.keep();
}

void Admission::undo() {
    undo_to({});
}

} // namespace agent

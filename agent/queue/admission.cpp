#include "agent/queue/admission.hpp"

#include <algorithm>

namespace agent {

EventBatch::EventBatch(std::vector<NewEvent> news, UnmatchedEvents others, Listing shown)
    : events{std::move(news)},
      pending_on_disk(events.size(), false), unmatched{std::move(others)}, listing{
                                                                               std::move(shown)} {
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

ListedEvent& Admission::add_listed(const EventBatch& batch, std::uint32_t begin, KeptText text) {
    auto& listed = listed_.emplace_back();
    listed.seq = begin;
    listed.accepted_at = queue_now_;
    listed.text = std::move(text);
    listed.snapshot = batch.listing.snapshot;
    return listed;
}

/// An event that matches webhooks; without a row it is a duplicate.
void Admission::list(const EventBatch& batch, const NewEvent& event, const EventRow* row) {
    if (!batch.listing.shows(event.begin)) {
        return;
    }
    auto& listed = add_listed(batch, event.begin, KeptText{event.bytes});
    listed.test = event.test;
    listed.duplicate = row == nullptr;
    if (row == nullptr) {
        return;
    }
    listed.row = row->id;
    listed.deliveries.reserve(row->webhooks.size());
    for (const auto& to : event.deliveries) {
        const auto place = listed.deliveries.size();
        const auto* webhook = to.webhook.get();
        if (place < row->webhooks.size() && row->webhooks[place] == webhook->key) {
            listed.deliveries.push_back({webhook});
        } else {
            const auto until = cooldowns_.until(webhook->key, to.cooldown_value.value_or(""));
            listed.suppressed.push_back({webhook, until});
        }
    }
}

void Admission::list_unmatched(const EventBatch& batch, const UnmatchedEvents::Place& place,
                               bool duplicate) {
    if (batch.listing.shows(place.begin)) {
        add_listed(batch, place.begin, KeptText{batch.unmatched.text(place)}).duplicate = duplicate;
    }
}

common::Result<Accepted> Admission::admit(const EventBatch& batch, std::uint64_t& room) {
    const Savepoint before{remembered_, cooldowns_.started(), rows_.size(), suppressed_.size(),
                           listed_.size()};
    Accepted accepted;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < batch.events.size(); ++i) {
        const auto& event = batch.events[i];
        ++accepted.accepted;
        if (event.id_given && !remember(batch.keys[i], batch.pending_on_disk[i])) {
            ++accepted.duplicates;
            list(batch, event, nullptr);
            continue;
        }
        auto row = row_of(event);
        row.id = row.webhooks.empty() ? 0 : next_event_++;
        list(batch, event, &row);
        if (row.id != 0) {
            accepted.last_delivery = row.id * deliveries_per_event;
            accepted.deliveries += row.webhooks.size();
            bytes += row_bytes(event.bytes->size(), row.webhooks.size());
            rows_.push_back(std::move(row));
        }
    }
    const auto& unmatched = batch.unmatched;
    accepted.accepted += unmatched.count();
    for (std::size_t i = 0; i < unmatched.with_id.size(); ++i) {
        const bool pending = !batch.unmatched_pending.empty() && batch.unmatched_pending[i];
        const bool duplicate = !remember(unmatched.with_id[i].key, pending);
        accepted.duplicates += duplicate ? 1 : 0;
        list_unmatched(batch, unmatched.with_id[i], duplicate);
    }
    for (const auto& place : unmatched.listed) {
        list_unmatched(batch, place, false);
    }
    std::sort(listed_.begin() + static_cast<std::ptrdiff_t>(before.listed), listed_.end(),
              [](const ListedEvent& a, const ListedEvent& b) { return a.seq < b.seq; });
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
    listed_.resize(savepoint.listed);
}

void Admission::keep() {
    for (const auto& webhook : suppressed_) {
        ++stats_.webhooks[webhook].suppressed;
    }
    suppressed_.clear();
    events_.add(listed_);
    rows_.clear();
    remembered_ = 0;
    cooldowns_.keep();
}

void Admission::undo() {
    undo_to({});
}

} // namespace agent

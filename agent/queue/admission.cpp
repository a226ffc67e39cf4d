#include "agent/queue/admission.hpp"

namespace agent {

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

bool Admission::suppressed(const NewEvent::For& to) {
    const auto span = to.webhook->settings.cooldown.count();
    if (!to.cooldown_value || span <= 0 ||
        cooldowns_.take(to.webhook->key, *to.cooldown_value, span, queue_now_)) {
        return false;
    }
    suppressed_.push_back(to.webhook->key);
    return true;
}

common::Result<Accepted> Admission::admit(const std::vector<NewEvent>& events,
                                          const std::vector<EventKey>& keys,
                                          const std::vector<bool>& on_disk, std::uint64_t& room) {
    const Mark mark{remembered_, cooldowns_.taken(), rows_.size()};
    const auto suppressed_before = suppressed_.size();
    Accepted accepted;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        const auto& event = events[i];
        ++accepted.accepted;
        if (event.id_given) {
            if (recent_.contains(keys[i]) || (i < on_disk.size() && on_disk[i])) {
                ++accepted.duplicates;
                continue;
            }
            recent_.insert(keys[i], now_);
            ++remembered_;
        }
        EventRow row{0, event.event_id, event.id_given, queue_now_, event.bytes, {}};
        for (const auto& to : event.deliveries) {
            if (!suppressed(to)) {
                row.webhooks.push_back(to.webhook->key);
            }
        }
        if (!row.webhooks.empty()) {
            row.id = next_event_++;
            accepted.deliveries += row.webhooks.size();
            bytes += row_bytes(event.bytes->size(), row.webhooks.size());
            rows_.push_back(std::move(row));
        }
    }
    if (bytes > room) {
        undo_to(mark);
        suppressed_.resize(suppressed_before);
        return common::fail(common::Fault::full,
                            "no room for " + std::to_string(bytes) + " bytes more");
    }
    room -= bytes;
    return accepted;
}

void Admission::undo_to(const Mark& mark) {
    recent_.undo(remembered_ - mark.recent);
    remembered_ = mark.recent;
    cooldowns_.undo(mark.cooldowns);
    rows_.resize(mark.rows);
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
    undo_to({0, 0, 0});
    suppressed_.clear();
}

} // namespace agent

#include "agent/queue/cooldowns.hpp"

namespace agent {

void Cooldowns::load(std::vector<CooldownMark> marks) {
    undo_.clear();
    until_.clear();
    for (const auto& mark : marks) {
        until_[{mark.webhook, mark.value}] = mark.until;
    }
}

bool Cooldowns::start(const std::string& webhook, const std::string& value, std::int64_t span,
                      std::int64_t now) {
    Key key{webhook, value};
    const auto found = until_.find(key);
    if (found != until_.end() && now < found->second) {
        return false;
    }
    const auto before = found == until_.end() ? std::nullopt : std::optional{found->second};
    until_[key] = now + span;
    undo_.push_back({std::move(key), before});
    return true;
}

std::int64_t Cooldowns::until(const std::string& webhook, const std::string& value) const {
    const auto found = until_.find({webhook, value});
    return found == until_.end() ? 0 : found->second;
}

void Cooldowns::undo(std::size_t keep) {
    while (undo_.size() > keep) {
        auto& last = undo_.back();
        if (last.until) {
            until_[last.key] = *last.until;
        } else {
            until_.erase(last.key);
        }
        undo_.pop_back();
    }
}

std::vector<CooldownMark> Cooldowns::marks() const {
    std::vector<CooldownMark> marks;
    for (const auto& one : undo_) {
        marks.push_back({one.key.first, one.key.second, until_.at(one.key)});
    }
    return marks;
}

bool Cooldowns::expire(std::int64_t now) {
    return std::erase_if(until_, [now](const auto& entry) { return entry.second <= now; }) > 0;
}

} // namespace agent

#include "agent/delivery/lane_webhooks.hpp"

#include <algorithm>

namespace agent {

namespace {

bool sent_alike(const Webhook& before, const Webhook& now) {
    const auto& a = before.settings;
    const auto& b = now.settings;
    return before.target == now.target && a.tls == b.tls && a.timeout == b.timeout &&
           a.headers == b.headers && a.body == b.body && a.signing_keys == b.signing_keys;
}

} // namespace

LaneWebhooks::Change LaneWebhooks::replace(ByKey webhooks) {
    const auto same_key = [](const auto& before, const auto& now) {
        return before.first == now.first;
    };
    const auto alike = [](const auto& before, const auto& now) {
        return before.first == now.first && sent_alike(*before.second, *now.second);
    };
    const auto same = [&](const auto& equal) {
        return std::equal(all_.begin(), all_.end(), webhooks.begin(), webhooks.end(), equal);
    };
    const Change change{!same(same_key), !same(alike)};
    all_ = std::move(webhooks);
    std::erase_if(left_out_, [&](const std::string& key) { return !all_.contains(key); });
    return change;
}

std::vector<std::string> LaneWebhooks::keys() const {
    std::vector<std::string> keys;
    for (const auto& [key, webhook] : all_) {
        if (!left_out_.contains(key)) {
            keys.push_back(key);
        }
    }
    return keys;
}

bool LaneWebhooks::take_back(const OwnFaults& faults, common::Instant now) {
    const auto waited = [&](const std::string& key) { return faults.retry_at(key) <= now; };
    return std::erase_if(left_out_, waited) > 0;
}

std::optional<common::Instant> LaneWebhooks::next_back(const OwnFaults& faults) const {
    std::optional<common::Instant> next;
    for (const auto& key : left_out_) {
        const auto at = faults.retry_at(key);
        next = std::min(next.value_or(at), at);
    }
    return next;
}

} // namespace agent

#include "agent/delivery/lane_webhook.hpp"

#include <utility>

namespace agent {

namespace {

bool sent_alike(const Webhook& before, const Webhook& now) {
    const auto& a = before.settings;
    const auto& b = now.settings;
    return before.target == now.target && a.tls == b.tls && a.timeout == b.timeout &&
           a.headers == b.headers && a.body == b.body && a.signing_keys == b.signing_keys;
}

} // namespace

LaneWebhook::Change LaneWebhook::replace(std::shared_ptr<const Webhook> webhook) {
    const auto before = std::exchange(webhook_, std::move(webhook));
    if (!before || !webhook_ || before->key != webhook_->key) {
        is_left_out_ = false;
        const bool changed = before || webhook_;
        return {changed, changed};
    }
    return {false, !sent_alike(*before, *webhook_)};
}

std::vector<std::string> LaneWebhook::keys() const {
    return webhook_ && !is_left_out_ ? std::vector{webhook_->key} : std::vector<std::string>{};
}

bool LaneWebhook::take_back(const OwnFaults& faults, common::Instant now) {
    const auto at = back_at(faults);
    if (!at || *at > now) {
        return false;
    }
    is_left_out_ = false;
    return true;
}

std::optional<common::Instant> LaneWebhook::back_at(const OwnFaults& faults) const {
    return webhook_ && is_left_out_ ? std::optional{faults.retry_at(webhook_->key)} : std::nullopt;
}

} // namespace agent

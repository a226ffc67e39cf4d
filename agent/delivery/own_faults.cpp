#include "agent/delivery/own_faults.hpp"

#include "common/base/backoff.hpp"
#include "common/base/log.hpp"

namespace agent {

namespace {

// Without jitter: the fault is this device's, so no other device waits for the same moment.
constexpr common::Backoff backoff{.initial = common::Millis{1'000}, .max = common::Millis{10'000}};
constexpr std::chrono::minutes own_fault_log_interval{1};

} // namespace

void OwnFaults::failed(const Webhook& webhook, const std::string& error) {
    const auto now = clock_.now();
    auto& waiting = waiting_[webhook.key];
    if (waiting.failures > 0 && now < waiting.until) {
        return;
    }
    if (!waiting.error.empty() && waiting.error != error) {
        leave(waiting.error, webhook.key);
    }
    waiting.error = error;
    waiting.until = now + backoff.longest(++waiting.failures);

    auto& trouble = troubles_[error];
    if (trouble.webhooks.empty()) {
        trouble.since = now;
        // One that comes and goes begins anew each time.
        std::erase_if(logged_at_,
                      [&](const auto& one) { return now - one.second >= own_fault_log_interval; });
        trouble.logged = logged_at_.emplace(error, now).second;
        if (trouble.logged) {
            common::log::warn("deliveries wait for a fault of this device",
                              {{"webhook", webhook.key},
                               {"name", webhook.name},
                               {"error", error},
                               {"hint", "not the target's fault and not counted as an attempt; "
                                        "tried again every few seconds"}});
        }
    }
    trouble.webhooks.insert(webhook.key);
}

void OwnFaults::attempted(const std::string& webhook) {
    const auto found = waiting_.find(webhook);
    if (found != waiting_.end()) {
        leave(found->second.error, webhook);
        waiting_.erase(found);
    }
}

void OwnFaults::retain(const std::function<bool(const std::string& webhook)>& wanted) {
    std::erase_if(waiting_, [&](const auto& entry) {
        const bool gone = !wanted(entry.first);
        if (gone) {
            leave(entry.second.error, entry.first);
        }
        return gone;
    });
}

void OwnFaults::leave(const std::string& error, const std::string& webhook) {
    const auto found = troubles_.find(error);
    if (found == troubles_.end() || found->second.webhooks.erase(webhook) == 0 ||
        !found->second.webhooks.empty()) {
        return;
    }
    if (found->second.logged) {
        const auto span = clock_.now() - found->second.since;
        common::log::info(
            "deliveries no longer wait for a fault of this device",
            {{"error", error},
             {"after_s", static_cast<long long>(
                             std::chrono::duration_cast<std::chrono::seconds>(span).count())}});
    }
    troubles_.erase(found);
}

common::Instant OwnFaults::retry_at(const std::string& webhook) const {
    const auto found = waiting_.find(webhook);
    return found == waiting_.end() ? common::Instant{} : found->second.until;
}

} // namespace agent

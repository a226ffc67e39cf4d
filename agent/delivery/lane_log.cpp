#include "agent/delivery/lane_log.hpp"

#include "common/base/log.hpp"

namespace agent {

namespace {

constexpr std::chrono::minutes log_interval{1};

bool is_too_soon(const std::optional<common::Instant>& logged_at, common::Instant now) {
    return logged_at && now - *logged_at < log_interval;
}

long long seconds(common::Instant::duration span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

} // namespace

void LaneLog::attempt_ended(const Webhook& webhook, const Delivery& delivery,
                            const Outcome& outcome) {
    if (!outcome.answered) {
        failed(unanswered_, "target does not answer", webhook, outcome.error);
    } else {
        succeeded(unanswered_, "target answers again", webhook);
    }
    if (outcome.kind == Outcome::Kind::delivered) {
        if (const auto refusals = refusals_.find(webhook.key); refusals != refusals_.end()) {
            succeeded(refusals->second, "target accepts deliveries again", webhook);
        }
    } else if (outcome.answered) {
        failed(refusals_[webhook.key], "target refuses a delivery", webhook, outcome.error);
    }
    if (outcome.kind == Outcome::Kind::dead) {
        died(webhook, delivery, outcome.error);
    }
}

void LaneLog::failed(FailureStreak& streak, const char* message, const Webhook& webhook,
                     const std::string& error) {
    ++streak.failed;
    if (streak.since) {
        return;
    }
    const auto now = clock_.now();
    streak.since = now;
    // A target that fails every other delivery begins a new streak each time.
    if (!is_too_soon(streak.logged_at, now)) {
        streak.logged = true;
        streak.logged_at = now;
        common::log::warn(message, {{"webhook", webhook.key},
                                    {"name", webhook.name},
                                    {"target", webhook.target.shown()},
                                    {"error", error}});
    }
}

void LaneLog::succeeded(FailureStreak& streak, const char* message, const Webhook& webhook) {
    if (!streak.since) {
        return;
    }
    if (streak.logged) {
        common::log::info(message, {{"webhook", webhook.key},
                                    {"name", webhook.name},
                                    {"target", webhook.target.shown()},
                                    {"after_s", seconds(clock_.now() - *streak.since)},
                                    {"failed_attempts", streak.failed}});
    }
    streak.since.reset();
    streak.logged = false;
    streak.failed = 0;
}

void LaneLog::died(const Webhook& webhook, const Delivery& delivery, const std::string& error) {
    const auto now = clock_.now();
    if (is_too_soon(death_logged_at_, now)) {
        ++deaths_not_logged_;
        return;
    }
    common::log::warn("a delivery became a dead letter",
                      {{"webhook", webhook.key},
                       {"name", webhook.name},
                       {"delivery", static_cast<long long>(delivery.id)},
                       {"event", delivery.event_id},
                       {"error", error},
                       {"not_logged", deaths_not_logged_}});
    death_logged_at_ = now;
    deaths_not_logged_ = 0;
}

} // namespace agent

#include "agent/delivery/lane_log.hpp"

#include "common/base/log.hpp"

namespace agent {

namespace {

constexpr std::chrono::minutes quiet{1};

bool is_quiet(const std::optional<common::Instant>& told_at, common::Instant now) {
    return told_at && now - *told_at < quiet;
}

long long seconds(common::Instant::duration span) {
    return std::chrono::duration_cast<std::chrono::seconds>(span).count();
}

} // namespace

void LaneLog::judged(const Webhook& webhook, const Delivery& delivery, const Outcome& outcome) {
    if (!outcome.answered) {
        begins(silence_, "target does not answer", webhook, outcome.error);
    } else {
        ends(silence_, "target answers again", webhook);
    }
    if (outcome.kind == Outcome::Kind::delivered) {
        if (const auto refusal = refusals_.find(webhook.key); refusal != refusals_.end()) {
            ends(refusal->second, "target accepts again", webhook);
        }
    } else if (outcome.answered) {
        begins(refusals_[webhook.key], "target refuses a delivery", webhook, outcome.error);
    }
    if (outcome.kind == Outcome::Kind::dead) {
        died(webhook, delivery, outcome.error);
    }
}

void LaneLog::begins(Trouble& trouble, const char* message, const Webhook& webhook,
                     const std::string& error) {
    ++trouble.failed;
    if (trouble.since) {
        return;
    }
    const auto now = clock_.now();
    trouble.since = now;
    // One that comes and goes with every other delivery is told now and then.
    if (!is_quiet(trouble.told_at, now)) {
        trouble.told = true;
        trouble.told_at = now;
        common::log::warn(message, {{"webhook", webhook.key},
                                    {"name", webhook.name},
                                    {"target", webhook.target.shown()},
                                    {"error", error}});
    }
}

void LaneLog::ends(Trouble& trouble, const char* message, const Webhook& webhook) {
    if (!trouble.since) {
        return;
    }
    if (trouble.told) {
        common::log::info(message, {{"webhook", webhook.key},
                                    {"name", webhook.name},
                                    {"target", webhook.target.shown()},
                                    {"after_s", seconds(clock_.now() - *trouble.since)},
                                    {"failed_attempts", trouble.failed}});
    }
    trouble.since.reset();
    trouble.told = false;
    trouble.failed = 0;
}

void LaneLog::died(const Webhook& webhook, const Delivery& delivery, const std::string& error) {
    const auto now = clock_.now();
    if (is_quiet(death_told_at_, now)) {
        ++deaths_untold_;
        return;
    }
    common::log::warn("a delivery became a dead letter",
                      {{"webhook", webhook.key},
                       {"name", webhook.name},
                       {"delivery", static_cast<long long>(delivery.id)},
                       {"event", delivery.event_id},
                       {"error", error},
                       {"not_told", deaths_untold_}});
    death_told_at_ = now;
    deaths_untold_ = 0;
}

} // namespace agent

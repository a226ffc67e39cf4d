#include "agent/service/watchdog.hpp"

#include "common/base/log.hpp"

#include <algorithm>

namespace agent {

namespace {

constexpr common::Millis status_interval{10'000};
constexpr common::Millis standstill_margin{60'000};

} // namespace

Watchdog::Watchdog(common::Clock& clock, common::Database& database, const Queue& queue,
                   const Dispatcher& dispatcher, const WebhookCache& cache, const Config& config,
                   const common::SystemdNotifier& notify)
    : clock_{clock}, database_{database}, queue_{queue}, dispatcher_{dispatcher}, cache_{cache},
      config_{config}, systemd_{notify}, progressed_at_{clock.now()} {}

bool Watchdog::deliveries_progress() {
    const auto lanes = dispatcher_.lanes();
    const bool work = std::any_of(lanes.begin(), lanes.end(),
                                  [](const LaneStatus& lane) { return lane.held > 0; });
    if (!work || dispatcher_.progress() != progress_) {
        progress_ = dispatcher_.progress();
        progressed_at_ = clock_.now();
        return true;
    }
    // A dead target is looked at once in retry_max, and a look takes as long as its time-out:
    // longer than both is a standstill of ours.
    auto longest = config_.delivery.defaults.timeout;
    for (const auto& section : config_.overrides) {
        longest = std::max(longest, section.timeout.value_or(common::Millis{0}));
    }
    return clock_.now() - progressed_at_ <
           config_.delivery.retry.max + 2 * longest + standstill_margin;
}

std::string Watchdog::status() const {
    const auto& webhooks = cache_.snapshot()->webhooks;
    const auto serving = std::count_if(webhooks.begin(), webhooks.end(), [](const auto& w) {
        return w->state == WebhookState::serving;
    });
    const auto queue = queue_.stats();
    std::string text = "serving " + std::to_string(serving) + " webhooks, " +
                       std::to_string(queue.pending) + " deliveries waiting";
    if (!cache_.known()) {
        text = "waiting for the first list of webhooks";
    }
    if (queue.degraded) {
        text += ", the store is degraded: " + queue.last_error;
    }
    return text;
}

common::Task<> Watchdog::run() {
    const auto interval = systemd_.watchdog_period()
                              ? std::min(*systemd_.watchdog_period() / 2, status_interval)
                              : status_interval;
    std::string told;
    for (;;) {
        // A job through the store's thread and back: neither it nor the loop stands still. An error
        // is progress too: the store answered.
        auto look = [](common::Connection&) {};
        auto job = database_.run(look);
        const auto answered = co_await std::move(job);
        if (deliveries_progress()) {
            systemd_.send("WATCHDOG=1");
        } else {
            common::log::error("no delivery makes progress",
                               {{"store", answered ? "ok" : answered.error().message}});
        }
        if (auto text = status(); text != told) {
            systemd_.send("STATUS=" + text);
            told = std::move(text);
        }
        auto pause = common::sleep_for(clock_, interval);
        co_await std::move(pause);
    }
}

} // namespace agent

#include "agent/service/watchdog.hpp"

#include "common/base/log.hpp"
#include "common/base/printable.hpp"

#include <algorithm>

namespace agent {

namespace {

constexpr common::Millis status_interval{10'000};
constexpr common::Millis standstill_margin{60'000};

} // namespace

std::string status_text(bool webhooks_known, std::size_t serving, std::uint64_t pending) {
    return webhooks_known
               ? "serving " + std::to_string(serving) +
                     (serving == 1 ? " webhook, " : " webhooks, ") + std::to_string(pending) +
                     (pending == 1 ? " delivery waiting" : " deliveries waiting")
               : "waiting for the first list of webhooks";
}

Watchdog::Watchdog(common::Clock& clock, common::Database& database, const Queue& queue,
                   const Dispatcher& dispatcher, const WebhookCache& cache, const Config& config,
                   common::SystemdNotifier& systemd)
    : clock_{clock}, database_{database}, queue_{queue}, dispatcher_{dispatcher}, cache_{cache},
      config_{config}, systemd_{systemd}, progressed_at_{clock.now()} {}

bool Watchdog::deliveries_stand_still() {
    const auto targets = dispatcher_.targets();
    const bool work = std::any_of(targets.begin(), targets.end(), [](const TargetStatus& target) {
        return target.held > 0 || target.in_flight > 0;
    });
    if (!work || dispatcher_.progress() != progress_) {
        progress_ = dispatcher_.progress();
        progressed_at_ = clock_.now();
        return false;
    }
    // A dead target is probed once per retry_max at least, and a probe takes its timeout at most. A
    // pause that is longer than both is our own fault.
    auto timeout = config_.delivery.defaults.timeout;
    for (const auto& section : config_.overrides) {
        timeout = std::max(timeout, section.timeout.value_or(common::Millis{0}));
    }
    return clock_.now() - progressed_at_ >=
           config_.delivery.retry.max + 2 * timeout + standstill_margin;
}

std::string Watchdog::status() const {
    const auto& webhooks = cache_.snapshot()->webhooks;
    const auto serving = std::count_if(webhooks.begin(), webhooks.end(), [](const auto& webhook) {
        return webhook->state == WebhookState::serving;
    });
    auto text =
        status_text(cache_.known(), static_cast<std::size_t>(serving), queue_.stats().pending);
    if (const auto verdict = verdict_(); !verdict.empty()) {
        text += "; " + verdict;
    }
    // Names of webhooks and errors of targets are in it, and each line is a command to systemd.
    return common::printable(text);
}

common::Millis Watchdog::interval() const {
    return systemd_.watchdog_period() ? std::min(*systemd_.watchdog_period() / 2, status_interval)
                                      : status_interval;
}

common::Task<> Watchdog::run_beside_repairs() {
    for (auto seen = queue_.repair_progress();;) {
        co_await common::sleep_for(clock_, interval());
        if (const auto now = queue_.repair_progress(); now != seen) {
            seen = now;
            systemd_.send("WATCHDOG=1\nSTATUS=recovering a damaged database");
        }
    }
}

common::Task<> Watchdog::run() {
    const auto no_op = [](common::Connection&) {};
    std::string sent;
    for (;;) {
        // A job through the database's thread and back shows that neither it nor the loop hangs. An
        // error shows that as well.
        const auto answered = co_await database_.run(no_op);
        stands_still_ = deliveries_stand_still();
        if (stands_still_) {
            common::log::error("deliveries make no progress",
                               {{"database", answered ? "ok" : answered.error().message}});
        } else {
            systemd_.send("WATCHDOG=1");
        }
        const auto repaired = queue_.repair_progress();
        if (auto text = status(); text != sent || repaired != repaired_) {
            systemd_.send("STATUS=" + text);
            sent = std::move(text);
            repaired_ = repaired;
        }
        co_await common::sleep_for(clock_, interval());
    }
}

} // namespace agent

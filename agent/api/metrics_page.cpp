#include "agent/api/metrics_page.hpp"

#include "agent/api/status_facts.hpp"
#include "common/base/version.hpp"
#include "common/text/metrics.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace agent {

namespace {

using common::MetricsText;

std::uint64_t number(bool value) {
    return value ? 1 : 0;
}

/// The current webhooks, and those removed since the start for which something was counted: a
/// counter must not vanish.
std::set<std::string> known_keys(const StatusSources& sources) {
    std::set<std::string> keys;
    const auto snapshot = sources.cache.snapshot();
    for (const auto& webhook : snapshot->webhooks) {
        keys.insert(webhook->key);
    }
    for (const auto& [key, counted] : sources.stats.webhooks) {
        keys.insert(key);
    }
    return keys;
}

void agent_families(MetricsText& out, const StatusSources& sources) {
    out.family("ffl_agent_build_info", "gauge", "Constant 1, labelled with the version.");
    out.sample({{"version", common::version}}, std::uint64_t{1});
    out.gauge("ffl_agent_uptime_seconds", "Seconds since the agent started.", sources.uptime_s());
    out.gauge("ffl_agent_clock_synchronized",
              "Whether the kernel considers the wall clock synchronised (1 or 0).",
              static_cast<double>(number(sources.clock.synchronized())));
    out.gauge("ffl_agent_config_stale",
              "Whether the configuration on disk is not what runs: it was refused on a reload, or "
              "needs a restart (1 or 0).",
              static_cast<double>(number(sources.config.is_stale())));
    out.gauge("ffl_agent_memory_budget_bytes",
              "Bound of what requests and replies may hold in memory together.",
              static_cast<double>(sources.memory.limit()));
    out.gauge("ffl_agent_memory_used_bytes", "What they hold now.",
              static_cast<double>(sources.memory.used()));
    out.counter("ffl_agent_memory_refused_total",
                "Requests refused, given up or not answered because that bound was reached.",
                sources.memory.refused());
}

void problem_family(MetricsText& out, const StatusSources& sources) {
    const auto found = find_status(sources);
    out.family("ffl_agent_problems", "gauge", "Problems that the status shows, by level.");
    for (const auto level : {Severity::warn, Severity::fail}) {
        out.sample({{"level", to_string(level)}}, static_cast<std::uint64_t>(std::ranges::count(
                                                      found.problems, level, &Problem::level)));
    }
}

void event_families(MetricsText& out, const Counters& stats) {
    out.counter("ffl_agent_events_accepted_total",
                "Events answered with 202, including duplicates.", stats.events_accepted);
    out.counter("ffl_agent_events_duplicate_total",
                "Duplicate events, accepted but not delivered again.", stats.events_duplicate);
    out.counter("ffl_agent_events_rejected_total",
                "Events answered with 400 or 503; a body that cannot be parsed counts as one.",
                stats.events_rejected);
}

void webhook_families(MetricsText& out, const StatusSources& sources) {
    constexpr std::array states{WebhookState::serving, WebhookState::inactive,
                                WebhookState::excluded, WebhookState::unsupported};
    const auto snapshot = sources.cache.snapshot();
    out.family("ffl_agent_webhooks", "gauge", "Webhook definitions by state.");
    for (const auto state : states) {
        std::uint64_t count = 0;
        for (const auto& webhook : snapshot->webhooks) {
            count += number(webhook->state == state);
        }
        out.sample({{"state", to_string(state)}}, count);
    }
    const auto keys = known_keys(sources);
    out.family("ffl_agent_events_matched_total", "counter",
               "Events that matched the webhook's filters.");
    for (const auto& key : keys) {
        out.sample({{"webhook", key}}, sources.counted(key).matched);
    }
    out.family("ffl_agent_deliveries_total", "counter",
               "Finished deliveries by outcome; suppressed ones were never queued.");
    for (const auto& key : keys) {
        const auto& counted = sources.counted(key);
        out.sample({{"webhook", key}, {"outcome", "delivered"}}, counted.delivered);
        out.sample({{"webhook", key}, {"outcome", "dead"}}, counted.dead);
        out.sample({{"webhook", key}, {"outcome", "expired"}}, counted.expired);
        out.sample({{"webhook", key}, {"outcome", "suppressed"}}, counted.suppressed);
        out.sample({{"webhook", key}, {"outcome", "dropped"}}, counted.dropped);
    }
    out.family("ffl_agent_attempts_failed_total", "counter",
               "Delivery attempts that were not answered with 2xx.");
    for (const auto& key : keys) {
        out.sample({{"webhook", key}}, sources.counted(key).failed);
    }
    out.family("ffl_agent_webhook_deliveries", "gauge",
               "Deliveries in the queue by webhook and state.");
    for (const auto& key : keys) {
        out.sample({{"webhook", key}, {"state", "pending"}}, sources.queue.pending(key));
        out.sample({{"webhook", key}, {"state", "dead"}}, sources.queue.dead(key));
    }
}

void queue_families(MetricsText& out, const QueueStatus& queue) {
    out.family("ffl_agent_queue_deliveries", "gauge", "Deliveries in the queue by state.");
    out.sample({{"state", "pending"}}, queue.pending);
    out.sample({{"state", "dead"}}, queue.dead);
    out.gauge("ffl_agent_queue_oldest_seconds",
              "Age of the oldest pending delivery; 0 if there is none.",
              static_cast<double>(queue.oldest_ms.value_or(0)) / 1000.0);
    out.gauge("ffl_agent_queue_bytes", "Size of the database including its WAL.",
              static_cast<double>(queue.bytes));
    out.gauge("ffl_agent_queue_max_bytes", "Upper bound of that size (queue.max_size).",
              static_cast<double>(queue.max_bytes));
    out.gauge("ffl_agent_queue_full", "Whether the queue is full (1 or 0).",
              static_cast<double>(number(queue.full)));
}

void store_families(MetricsText& out, const StatusSources& sources, const QueueStatus& queue) {
    out.gauge("ffl_agent_store_degraded",
              "Whether the database cannot be written, so that new events are refused (1 or 0).",
              static_cast<double>(number(queue.degraded)));
    out.counter("ffl_agent_store_quarantined_total",
                "Damaged database files that were set aside and still lie beside the queue.",
                sources.queue.quarantined().size());
    const auto& server = sources.stats.server;
    out.counter("ffl_agent_sync_failures_total", "Failed fetches of the webhook list.",
                server.failures);
    const auto last =
        server.last_sync ? server.last_sync->time_since_epoch() : common::WallTime::duration{0};
    out.gauge("ffl_agent_sync_last_success_timestamp_seconds",
              "When the webhook list was last fetched completely; 0 if never.",
              std::chrono::duration<double>(last).count());
}

} // namespace

std::string metrics_text(const StatusSources& sources) {
    const auto queue = sources.queue.stats();
    MetricsText out;
    agent_families(out, sources);
    problem_family(out, sources);
    event_families(out, sources.stats);
    webhook_families(out, sources);
    queue_families(out, queue);
    store_families(out, sources, queue);
    return out.text();
}

} // namespace agent

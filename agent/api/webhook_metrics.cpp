#include "agent/api/webhook_metrics.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace agent {

namespace {

using common::MetricsText;

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

/// What is known of the current webhooks.
void definition_families(MetricsText& out, const StatusSources& sources, const StatusFacts& facts) {
    constexpr std::array states{WebhookState::serving, WebhookState::inactive,
                                WebhookState::excluded, WebhookState::unsupported};
    const auto snapshot = sources.cache.snapshot();
    out.family("ffl_agent_webhooks", "gauge", "Webhook definitions by state.");
    for (const auto state : states) {
        out.sample({{"state", to_string(state)}}, static_cast<std::uint64_t>(std::ranges::count_if(
                                                      snapshot->webhooks, [&](const auto& webhook) {
                                                          return webhook->state == state;
                                                      })));
    }
    out.family("ffl_agent_webhook_info", "gauge",
               "Constant 1: the name of each webhook, and where it delivers to.");
    for (const auto& webhook : snapshot->webhooks) {
        const auto target = webhook->target.host.empty() ? "" : webhook->target.origin();
        out.sample({{"webhook", webhook->key}, {"name", webhook->name}, {"target", target}},
                   std::uint64_t{1});
    }
    out.family("ffl_agent_webhook_oldest_seconds", "gauge",
               "Age of the webhook's oldest pending delivery; 0 if there is none.");
    for (const auto& webhook : facts.webhooks) {
        out.sample({{"webhook", webhook.key}}, webhook.oldest_s.value_or(0));
    }
    out.family("ffl_agent_webhook_last_success_timestamp_seconds", "gauge",
               "When a delivery to the webhook last succeeded; 0 if not since the start.");
    for (const auto& webhook : facts.webhooks) {
        out.sample({{"webhook", webhook.key}},
                   sources.timestamp(sources.counted(webhook.key).last_success));
    }
}

void delivery_families(MetricsText& out, const StatusSources& sources,
                       const std::set<std::string>& keys) {
    out.family("ffl_agent_events_matched_total", "counter",
               "Events that matched the webhook's filters.");
    for (const auto& key : keys) {
        out.sample({{"webhook", key}}, sources.counted(key).matched);
    }
    out.family("ffl_agent_deliveries_total", "counter",
               "Finished deliveries by outcome; suppressed ones were never queued.");
    for (const auto& key : keys) {
        const auto& counted = sources.counted(key);
        out.sample({{"webhook", key}, {"outcome", "delivered"}}, counted.delivered());
        out.sample({{"webhook", key}, {"outcome", "dead"}}, counted.dead);
        out.sample({{"webhook", key}, {"outcome", "expired"}}, counted.expired);
        out.sample({{"webhook", key}, {"outcome", "suppressed"}}, counted.suppressed);
        out.sample({{"webhook", key}, {"outcome", "dropped"}}, counted.dropped);
    }
    out.family("ffl_agent_delivery_latency_seconds", "histogram",
               "From the acceptance of an event to the 2xx of its target, retries included; of "
               "webhooks that have delivered.");
    for (const auto& key : keys) {
        if (const auto& latency = sources.counted(key).latency; latency.count() > 0) {
            out.sample({{"webhook", key}}, latency);
        }
    }
    out.family("ffl_agent_webhook_deliveries", "gauge",
               "Deliveries in the queue by webhook and state.");
    for (const auto& key : keys) {
        out.sample({{"webhook", key}, {"state", "pending"}}, sources.queue.pending(key));
        out.sample({{"webhook", key}, {"state", "dead"}}, sources.queue.dead(key));
    }
}

void attempt_families(MetricsText& out, const StatusSources& sources,
                      const std::set<std::string>& keys) {
    out.family("ffl_agent_attempts_total", "counter",
               "Delivery attempts by how they ended: the class of the answer's status, or what "
               "kept the answer away. A class appears when it occurs.");
    for (const auto& key : keys) {
        const auto& attempts = sources.counted(key).attempts;
        for (std::size_t i = 0; i < attempt_classes; ++i) {
            const auto one = static_cast<AttemptClass>(i);
            if (attempts.at(i) > 0 || one == AttemptClass::success) {
                out.sample({{"webhook", key}, {"class", to_string(one)}}, attempts.at(i));
            }
        }
    }
    out.histogram("ffl_agent_attempt_duration_seconds", "How long delivery attempts took.",
                  sources.stats.attempt);
}

} // namespace

void webhook_families(MetricsText& out, const StatusSources& sources, const StatusFacts& facts) {
    const auto keys = known_keys(sources);
    definition_families(out, sources, facts);
    delivery_families(out, sources, keys);
    attempt_families(out, sources, keys);
}

} // namespace agent

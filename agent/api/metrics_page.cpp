#include "agent/api/metrics_page.hpp"

#include "agent/api/status_facts.hpp"
#include "agent/api/webhook_metrics.hpp"
#include "common/base/crypto.hpp"
#include "common/base/process_usage.hpp"
#include "common/base/version.hpp"
#include "common/sqlite/version.hpp"
#include "common/text/metrics.hpp"

#include <algorithm>

namespace agent {

namespace {

using common::MetricsText;

std::uint64_t number(bool value) {
    return value ? 1 : 0;
}

void agent_families(MetricsText& out, const StatusSources& sources) {
    out.family(
        "ffl_agent_build_info", "gauge",
        "Constant 1, labelled with the versions of the agent and of what it is linked with.");
    out.sample({{"version", common::version},
                {"openssl", common::openssl_version()},
                {"sqlite", common::sqlite_version()}},
               std::uint64_t{1});
    out.gauge("ffl_agent_uptime_seconds", "Seconds since the agent started.", sources.uptime_s());
    out.gauge("ffl_agent_clock_synchronized",
              "Whether the kernel considers the wall clock synchronised (1 or 0).",
              static_cast<double>(number(sources.clock.synchronized())));
    out.gauge("ffl_agent_config_stale",
              "Whether the configuration on disk is not what runs: it was refused on a reload, or "
              "needs a restart (1 or 0).",
              static_cast<double>(number(sources.config.is_stale())));
    const auto& reloads = sources.stats.reloads;
    out.family("ffl_agent_config_reloads_total", "counter",
               "Reloads of the configuration (SIGHUP) by their result; a bad one changes nothing.");
    out.sample({{"result", "good"}}, reloads.good);
    out.sample({{"result", "bad"}}, reloads.bad);
    out.gauge("ffl_agent_config_last_reload_success_timestamp_seconds",
              "When the configuration was last read without an error, at the start or since.",
              reloads.last_good ? common::seconds(reloads.last_good->time_since_epoch()) : 0);
    out.gauge("ffl_agent_memory_budget_bytes",
              "Bound of what requests and replies may hold in memory together.",
              static_cast<double>(sources.memory.limit()));
    out.gauge("ffl_agent_memory_used_bytes", "What they hold now.",
              static_cast<double>(sources.memory.used()));
    out.counter("ffl_agent_memory_refused_total",
                "Requests refused, given up or not answered because that bound was reached.",
                sources.memory.refused());
}

void problem_family(MetricsText& out, const StatusFindings& found) {
    out.family("ffl_agent_problems", "gauge", "Problems that the status shows, by level.");
    for (const auto level : {Severity::warn, Severity::fail}) {
        out.sample({{"level", to_string(level)}}, static_cast<std::uint64_t>(std::ranges::count(
                                                      found.problems, level, &Problem::level)));
    }
}

void event_families(MetricsText& out, const StatusSources& sources) {
    const auto& stats = sources.stats;
    out.counter("ffl_agent_events_accepted_total",
                "Events answered with 202, including duplicates.", stats.events_accepted);
    out.counter("ffl_agent_events_duplicate_total",
                "Duplicate events, accepted but not delivered again.", stats.events_duplicate);
    out.family("ffl_agent_events_rejected_total", "counter",
               "Events that were not accepted, by reason; a request that was refused before its "
               "events were read counts as one.");
    for (std::size_t i = 0; i < reject_reasons; ++i) {
        out.sample({{"reason", to_string(static_cast<RejectReason>(i))}},
                   stats.events_rejected.at(i));
    }
    out.gauge("ffl_agent_last_event_timestamp_seconds",
              "When an event was last accepted; 0 if not since the start.",
              sources.timestamp(stats.arrivals.last()));
    out.histogram("ffl_agent_ingest_duration_seconds",
                  "From a request with events that has been read to its 202, commit included.",
                  stats.ingest);
}

void queue_families(MetricsText& out, const StatusSources& sources, const QueueStatus& queue) {
    const auto& stats = sources.stats;
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
    out.gauge("ffl_agent_queue_disk_free_bytes", "Free space on the disk that the queue lies on.",
              static_cast<double>(queue.disk_free));
    out.gauge("ffl_agent_queue_min_free_bytes",
              "Free space below which the queue counts as full (queue.min_free).",
              static_cast<double>(sources.config.queue.min_free));
    out.family("ffl_agent_deliveries_dropped_total", "counter",
               "Deliveries that left the queue undelivered and not expired, by reason.");
    std::uint64_t drop_oldest = 0;
    for (const auto& [key, counted] : stats.webhooks) {
        drop_oldest += counted.dropped;
    }
    out.sample({{"reason", "drop_oldest"}}, drop_oldest);
    out.sample({{"reason", "by_operator"}}, stats.dropped.by_operator);
    out.sample({{"reason", "dead_forgotten"}}, stats.dropped.dead_forgotten);
    out.histogram("ffl_agent_commit_duration_seconds",
                  "How long transactions of the queue took, with what makes them durable.",
                  stats.commit);
    out.histogram("ffl_agent_commit_events", "Events written by one transaction, if any.",
                  stats.commit_events);
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
    out.counter("ffl_agent_login_failures_total",
                "Fetches of the webhook list that failed because the server refused the login.",
                server.refused_logins);
    const auto last =
        server.last_sync ? server.last_sync->time_since_epoch() : common::WallTime::duration{0};
    out.gauge("ffl_agent_sync_last_success_timestamp_seconds",
              "When the webhook list was last fetched completely; 0 if never.",
              common::seconds(last));
}

void certificate_family(MetricsText& out, const OutsideFacts& outside) {
    const auto end = [](common::WallTime when) { return common::seconds(when.time_since_epoch()); };
    out.family("ffl_agent_certificate_expiry_timestamp_seconds", "gauge",
               "When certificates end: this device's own, by setting, and those that servers and "
               "targets have shown, by host and port.");
    for (const auto& one : outside.own) {
        out.sample({{"certificate", one.what}}, end(one.ends));
    }
    for (const auto& [peer, ends] : outside.peers) {
        out.sample({{"certificate", peer}}, end(ends));
    }
}

/// Under the names that every Prometheus client uses.
void process_families(MetricsText& out, const StatusSources& sources) {
    const auto usage = common::process_usage(sources.clock.wall());
    out.family("process_cpu_seconds_total", "counter",
               "User and system CPU time spent, in seconds.");
    out.sample({}, usage.cpu_s);
    out.gauge("process_resident_memory_bytes", "Resident memory.",
              static_cast<double>(usage.resident_bytes));
    out.gauge("process_virtual_memory_bytes", "Virtual memory.",
              static_cast<double>(usage.virtual_bytes));
    if (usage.open_descriptors) {
        out.gauge("process_open_fds", "Open file descriptors.",
                  static_cast<double>(*usage.open_descriptors));
    }
    out.gauge("process_max_fds", "The most file descriptors that may be open.",
              static_cast<double>(usage.most_descriptors));
    out.gauge("process_start_time_seconds", "When the process started, in seconds since 1970.",
              usage.started_s);
}

} // namespace

std::string metrics_text(const StatusSources& sources) {
    const auto queue = sources.queue.stats();
    MetricsText out;
    agent_families(out, sources);
    const auto found = find_status(sources);
    problem_family(out, found);
    event_families(out, sources);
    webhook_families(out, sources, found.facts);
    queue_families(out, sources, queue);
    store_families(out, sources, queue);
    certificate_family(out, found.outside);
    process_families(out, sources);
    return out.text();
}

} // namespace agent

#include "agent/api/status_facts.hpp"

#include "agent/api/problem_list.hpp"
#include "agent/definitions/config_warnings.hpp"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace agent {

namespace {

/// The program is not older than this: a clock that shows an earlier time is wrong.
constexpr std::chrono::sys_days built_after{std::chrono::days{20'089}}; // 2025-01-01

struct Reader {
    const StatusSources& sources;
    common::Instant now;
    common::WallTime wall;
    const OutsideFacts& outside;

    [[nodiscard]] std::optional<double> ago(const std::optional<common::Instant>& when) const {
        return when ? std::optional{common::seconds(now - *when)} : std::nullopt;
    }

    [[nodiscard]] WebhookFacts webhook(const Webhook& webhook) const {
        const auto& counted = sources.counted(webhook.key);
        WebhookFacts facts;
        facts.key = webhook.key;
        facts.name = webhook.name;
        if (!webhook.target.host.empty()) {
            facts.target = webhook.target.shown();
            facts.origin = webhook.target.origin();
        }
        facts.state = webhook.state;
        facts.reason = webhook.reason;
        facts.warnings = webhook.warnings;
        if (sources.bound.named_by(webhook.target.host, webhook.target.port)) {
            facts.warnings.emplace_back(targets_agent_itself);
        }
        facts.pending = sources.queue.pending(webhook.key);
        facts.dead = sources.queue.dead(webhook.key);
        facts.last_error = counted.last_error;
        facts.own_fault = counted.own_fault;
        facts.failing_s = ago(counted.failing_since);
        facts.last_death = counted.last_death;
        facts.died_s = ago(counted.died_at);
        const auto waiting = outside.waiting.find(webhook.key);
        if (waiting != outside.waiting.end()) {
            facts.waiting = waiting->second;
        }
        if (facts.pending > 0 && facts.waiting.oldest) {
            const auto age = sources.queue.queue_time() - *facts.waiting.oldest;
            facts.oldest_s = static_cast<double>(std::max<std::int64_t>(age, 0)) / 1000.0;
        }
        return facts;
    }

    [[nodiscard]] std::vector<WebhookFacts> webhooks(const Snapshot& snapshot) const {
        std::unordered_map<std::string_view, std::string_view> names; // by key
        for (const auto& one : snapshot.webhooks) {
            names.emplace(one->key, one->name);
        }
        std::vector<WebhookFacts> all;
        all.reserve(snapshot.webhooks.size());
        for (const auto& one : snapshot.webhooks) {
            all.push_back(webhook(*one));
            if (const auto holder = names.find(all.back().waiting.behind); holder != names.end()) {
                all.back().holder = holder->second;
            }
        }
        return all;
    }

    [[nodiscard]] StatusFacts::Server server() const {
        const auto& counted = sources.stats.server;
        StatusFacts::Server facts;
        if (sources.config.server.url) {
            facts.url = sources.config.server.url->shown();
            facts.failing_s = ago(counted.failing_since);
            facts.fault = counted.fault;
            facts.error = counted.last_error;
            facts.last_sync = counted.last_sync ? common::rfc3339(*counted.last_sync) : "";
        }
        return facts;
    }

    [[nodiscard]] StatusFacts::Queue queue() const {
        const auto& config = sources.config.queue;
        const auto status = sources.queue.stats();
        StatusFacts::Queue facts;
        facts.path = config.path;
        facts.pending = status.pending;
        facts.dead = status.dead;
        if (status.oldest_ms) {
            facts.oldest_s = static_cast<double>(*status.oldest_ms) / 1000.0;
        }
        facts.used = status.used;
        facts.max_size = status.max_bytes;
        facts.full = status.full;
        facts.drops_oldest = config.when_full == WhenFull::drop_oldest;
        facts.disk_free = status.disk_free;
        facts.min_free = config.min_free;
        facts.degraded = status.degraded;
        facts.error = status.last_error;
        facts.quarantined = sources.queue.quarantined();
        return facts;
    }

    [[nodiscard]] StatusFacts::Configuration configuration() const {
        const auto& config = sources.config;
        StatusFacts::Configuration facts;
        facts.path = config.path;
        if (config.refused) {
            // Never less than nothing: the clock may have been set meanwhile.
            const std::chrono::duration<double> age = wall - config.refused->at;
            facts.refused_s = std::max(age.count(), 0.0);
            facts.errors = config.refused->errors;
        }
        facts.awaiting_restart = config.awaiting_restart;
        facts.warnings = config_warnings(config, sources.cache);
        return facts;
    }

    [[nodiscard]] CertificateFacts certificate(std::string what, common::WallTime ends,
                                               std::string fix) const {
        const std::chrono::duration<double, std::ratio<86400>> left = ends - wall;
        return {std::move(what), left.count(), common::rfc3339(ends), std::move(fix)};
    }

    /// When the certificate of a peer ends, if it has shown one.
    [[nodiscard]] std::optional<common::WallTime> peer_ends(const common::Url& url) const {
        if (!url.tls() || outside.peers.empty()) {
            return std::nullopt;
        }
        const auto found = outside.peers.find(url.host + ':' + std::to_string(url.port));
        return found == outside.peers.end() ? std::nullopt : std::optional{found->second};
    }

    [[nodiscard]] std::vector<CertificateFacts> certificates(const Snapshot& snapshot) const {
        std::vector<CertificateFacts> all;
        if (const auto& url = sources.config.server.url) {
            if (const auto ends = peer_ends(*url)) {
                all.push_back(certificate(
                    "the certificate of the server " + url->origin(), *ends,
                    "renew it on the FindFace Lite server: after that no webhooks can be fetched"));
            }
        }
        for (const auto& one : outside.own) {
            all.push_back(
                certificate("the certificate of " + one.what + " (" + one.file + ")", one.ends,
                            "put a new one into that file, then `systemctl reload ffl-agent`"));
        }
        std::unordered_set<std::string> targets; // several webhooks may share one
        for (const auto& webhook : snapshot.webhooks) {
            const auto ends =
                webhook->state == WebhookState::serving ? peer_ends(webhook->target) : std::nullopt;
            if (ends && targets.insert(webhook->target.origin()).second) {
                all.push_back(
                    certificate("the certificate of the target " + webhook->target.origin(), *ends,
                                "let whoever runs the target renew it: after that "
                                "nothing can be delivered to it"));
            }
        }
        return all;
    }
};

} // namespace

StatusFindings find_status(const StatusSources& sources) {
    StatusFindings found;
    found.outside = sources.outside();
    const Reader reader{sources, sources.clock.now(), sources.clock.wall(), found.outside};
    auto& facts = found.facts;
    const auto snapshot = sources.cache.snapshot();
    facts.webhooks = reader.webhooks(*snapshot);
    facts.server = reader.server();
    facts.webhooks_known = sources.cache.known();
    facts.certificates = reader.certificates(*snapshot);
    facts.clock_synchronised = sources.clock.synchronized();
    facts.clock_plausible = reader.wall >= built_after;
    facts.time = common::rfc3339(reader.wall);
    facts.queue = reader.queue();
    facts.config = reader.configuration();
    facts.deliveries_stand_still = reader.outside.deliveries_stand_still;
    facts.no_socket = reader.outside.no_socket;
    facts.memory_refused_s = sources.history->refused_s(sources.memory.refused(), reader.now);
    const auto& arrivals = sources.stats.arrivals;
    facts.last_event_s = reader.ago(arrivals.last());
    if (const auto gap = arrivals.usual_gap()) {
        facts.usual_gap_s = common::seconds(*gap);
    }
    facts.longest_gap_s = common::seconds(arrivals.longest_gap());
    found.problems = find_problems(facts);
    sources.history->date(found.problems, reader.now);
    found.verdict = verdict_of(facts, found.problems);
    return found;
}

} // namespace agent

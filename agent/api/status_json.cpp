#include "agent/api/status_json.hpp"

#include "agent/api/status_facts.hpp"
#include "agent/api/webhook_problems.hpp"
#include "common/base/time.hpp"
#include "common/base/version.hpp"
#include "common/text/or_null.hpp"

#include <boost/asio/ip/host_name.hpp>
#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::or_null;
using common::text_or_null;
using nlohmann::json;

std::string_view to_string(ServerStatus::State state) {
    switch (state) {
    case ServerStatus::State::standalone:
        return "standalone";
    case ServerStatus::State::starting:
        return "starting";
    case ServerStatus::State::ok:
        return "ok";
    case ServerStatus::State::failing:
        return "failing";
    }
    return "failing";
}

json server_json(const StatusSources& sources) {
    const auto& server = sources.stats.server;
    const auto& url = sources.config.server.url;
    return {{"url", url ? json(url->shown()) : json{}},
            {"state", url ? to_string(server.state) : to_string(ServerStatus::State::standalone)},
            {"last_sync", server.last_sync ? json(common::rfc3339(*server.last_sync)) : json{}},
            {"last_error", text_or_null(server.last_error)}};
}

json webhook_json(const StatusSources& sources, const Webhook& webhook, const WebhookFacts& facts) {
    const auto& counted = sources.counted(webhook.key);
    const auto last_success =
        counted.last_success ? json(common::seconds(sources.clock.now() - *counted.last_success))
                             : json{};
    return {{"key", webhook.key},
            {"name", webhook.name},
            {"active", webhook.active},
            {"state", to_string(webhook.state)},
            {"reason", text_or_null(webhook.reason)},
            {"warnings", facts.warnings},
            {"target", text_or_null(facts.target)},
            {"matched", counted.matched},
            {"delivered", counted.delivered()},
            {"failed", counted.failed()},
            {"suppressed", counted.suppressed},
            {"expired", counted.expired},
            {"dropped", counted.dropped},
            {"pending", facts.pending},
            {"dead", facts.dead},
            {"oldest_s", or_null(facts.oldest_s)},
            {"last_success_s", last_success},
            {"failing_s", or_null(facts.failing_s)},
            {"waits_for", text_or_null(waits_for(facts))},
            {"last_error", text_or_null(counted.last_error)}};
}

json problems_json(const std::vector<Problem>& problems) {
    auto list = json::array();
    for (const auto& problem : problems) {
        list.push_back({{"level", to_string(problem.level)},
                        {"what", problem.what},
                        {"since_s", or_null(problem.since_s)},
                        {"fix", problem.fix},
                        {"webhook", or_null(problem.webhook)}});
    }
    return list;
}

std::string host_name() {
    boost::system::error_code error;
    return boost::asio::ip::host_name(error); // empty on an error
}

json config_json(const Config& config) {
    const auto& refused = config.refused;
    return {{"path", config.path},
            {"stale", config.is_stale()},
            {"stamp", text_or_null(config.stamp)},
            {"refused_since", refused ? json(common::rfc3339(refused->at)) : json{}},
            {"errors", refused ? json(refused->errors) : json::array()},
            {"awaiting_restart", config.awaiting_restart}};
}

} // namespace

json status_json(const StatusSources& sources) {
    const auto queue = sources.queue.stats();
    const auto found = find_status(sources);
    auto webhooks = json::array();
    const auto snapshot = sources.cache.snapshot();
    for (std::size_t i = 0; i < snapshot->webhooks.size(); ++i) {
        webhooks.push_back(webhook_json(sources, *snapshot->webhooks[i], found.facts.webhooks[i]));
    }
    return {{"version", common::version},
            {"host", host_name()},
            {"time", found.facts.time},
            {"verdict", to_string(found.verdict.level)},
            {"summary", found.verdict.summary},
            {"problems", problems_json(found.problems)},
            {"uptime_s", sources.uptime_s()},
            {"server", server_json(sources)},
            {"webhooks", std::move(webhooks)},
            {"queue",
             {{"pending", queue.pending},
              {"dead", queue.dead},
              {"bytes", queue.bytes},
              {"max_bytes", queue.max_bytes},
              {"oldest_s",
               queue.oldest_ms ? json(static_cast<double>(*queue.oldest_ms) / 1000.0) : json{}}}},
            {"clock", {{"synchronized", sources.clock.synchronized()}}},
            {"store",
             {{"path", sources.config.queue.path},
              {"sync", sources.config.queue.sync == common::Sync::full ? "full" : "normal"},
              {"degraded", queue.degraded},
              {"last_error", text_or_null(queue.last_error)},
              {"quarantined", sources.queue.quarantined()}}},
            {"config", config_json(sources.config)},
            {"warnings", found.facts.config.warnings}};
}

} // namespace agent

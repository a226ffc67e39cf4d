#include "agent/api/status_json.hpp"

#include "agent/definitions/config_warnings.hpp"
#include "common/base/time.hpp"
#include "common/base/version.hpp"

#include <nlohmann/json.hpp>

namespace agent {

namespace {

using nlohmann::json;

json text_or_null(const std::string& text) {
    return text.empty() ? json{} : json(text);
}

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

std::vector<std::string> warnings_of(const StatusSources& sources, const Webhook& webhook) {
    auto warnings = webhook.warnings;
    if (sources.bound.named_by(webhook.target.host, webhook.target.port)) {
        warnings.emplace_back(targets_agent_itself);
    }
    return warnings;
}

json webhook_json(const StatusSources& sources, const Webhook& webhook) {
    const auto& counted = sources.counted(webhook.key);
    return {{"key", webhook.key},
            {"name", webhook.name},
            {"active", webhook.active},
            {"state", to_string(webhook.state)},
            {"reason", text_or_null(webhook.reason)},
            {"warnings", warnings_of(sources, webhook)},
            {"target", webhook.target.host.empty() ? json{} : json(webhook.target.shown())},
            {"matched", counted.matched},
            {"delivered", counted.delivered},
            {"failed", counted.failed},
            {"suppressed", counted.suppressed},
            {"pending", sources.queue.pending(webhook.key)},
            {"dead", sources.queue.dead(webhook.key)},
            {"last_error", text_or_null(counted.last_error)}};
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
    auto webhooks = json::array();
    const auto snapshot = sources.cache.snapshot();
    for (const auto& webhook : snapshot->webhooks) {
        webhooks.push_back(webhook_json(sources, *webhook));
    }
    return {{"version", common::version},
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
              {"last_error", queue.last_error.empty() ? json{} : json(queue.last_error)},
              {"quarantined", sources.queue.quarantined()}}},
            {"config", config_json(sources.config)},
            {"warnings", config_warnings(sources.config, sources.cache)}};
}

} // namespace agent

#include "agent/api/control.hpp"

#include "agent/api/log_level_api.hpp"
#include "agent/api/metrics_page.hpp"
#include "agent/api/status_facts.hpp"
#include "agent/api/status_json.hpp"
#include "agent/api/status_page.hpp"
#include "agent/events/event_splitter.hpp"
#include "common/net/problem.hpp"
#include "common/text/json.hpp"

#include <nlohmann/json.hpp>

namespace agent {

namespace {

using common::Fault;
using common::HttpReply;
using common::Task;
using common::text_of;
using nlohmann::json;

HttpReply text_reply(std::string type, std::string body) {
    return {
        200, {{"Content-Type", std::move(type)}, {"Cache-Control", "no-store"}}, std::move(body)};
}

/// True only at this moment, so that it must not be cached.
HttpReply fresh_json(const json& value) {
    auto reply = common::json_reply(200, text_of(value));
    reply.headers.push_back({"Cache-Control", "no-store"});
    return reply;
}

Task<HttpReply> at_once(HttpReply reply) {
    co_return reply;
}

HttpReply sync_problem(const common::Error& error) {
    auto reply = common::problem(502, error.message);
    if (error.fault == Fault::refused || error.fault == Fault::config) {
        // By this field the command line tells a refusal by the server (exit 77) and a bad local
        // file (78) from a server that did not answer (69).
        auto body = json::parse(reply.body);
        body["fault"] = error.fault == Fault::refused ? "refused" : "config";
        reply.body = text_of(body);
    }
    return reply;
}

} // namespace

Control::Control(common::Clock& clock, Queue& queue, WebhookCache& cache, const Config& config,
                 const Counters& stats, common::MemoryBudget& memory, SyncNow sync_now)
    : sources_{clock, queue, cache, config, stats, memory, clock.now()},
      deliveries_{clock, queue, cache, memory}, events_{clock, queue, cache, config, memory},
      test_{clock, queue, cache}, sync_now_{std::move(sync_now)} {}

Task<HttpReply> Control::handle(const RouteMatch& match, common::Incoming request) {
    switch (match.route->endpoint) {
    case Endpoint::explain:
        return at_once(explain(request));
    case Endpoint::status:
        return at_once(fresh_json(status_for(request)));
    case Endpoint::deliveries:
        return deliveries_.list(std::move(request.query));
    case Endpoint::delivery:
        return request.method == "DELETE"
                   ? deliveries_.edit_one(match.id, std::move(request.query), Edit::drop)
                   : deliveries_.show(match.id);
    case Endpoint::retry_delivery:
        return deliveries_.edit_one(match.id, std::move(request.query), Edit::retry);
    case Endpoint::retry_deliveries:
        return deliveries_.edit_all(std::move(request.query), std::move(request.body), Edit::retry);
    case Endpoint::drop_deliveries:
        return deliveries_.edit_all(std::move(request.query), std::move(request.body), Edit::drop);
    case Endpoint::test_webhook:
        return test_.post(match.id, std::move(request.body));
    case Endpoint::sync:
        return sync();
    case Endpoint::log_level:
        return at_once(request.method == "PUT" ? change_log_level(sources_.config, request.body)
                                               : log_level_reply(sources_.config));
    case Endpoint::metrics:
        return at_once(
            text_reply("text/plain; version=0.0.4; charset=utf-8", metrics_text(sources_)));
    case Endpoint::livez:
        // An answer is proof enough: it comes from the loop itself.
        return at_once(text_reply("text/plain; charset=utf-8", "ok\n"));
    case Endpoint::readyz:
        return at_once(ready());
    case Endpoint::events:
        return events_.list(std::move(request.query));
    case Endpoint::event:
        return events_.show(match.id);
    case Endpoint::page:
        break;
    }
    return at_once(status_page());
}

json Control::status() const {
    return status_json(sources_);
}

std::string Control::trouble() const {
    const auto verdict = find_status(sources_).verdict;
    return verdict.level == Severity::ok
               ? ""
               : std::string{to_string(verdict.level)} + ": " + verdict.summary;
}

std::string Control::not_ready() const {
    if (const auto queue = sources_.queue.stats(); queue.degraded) {
        return "cannot write to the database: " +
               (queue.last_error.empty() ? "unknown reason" : queue.last_error);
    }
    if (!sources_.cache.known()) {
        const auto& error = sources_.stats.server.last_error;
        return "the webhooks have never been fetched from the FindFace Lite server" +
               (error.empty() ? "" : ": " + error);
    }
    return {};
}

HttpReply Control::ready() const {
    const auto reason = not_ready();
    return reason.empty() ? text_reply("text/plain; charset=utf-8", "ok\n")
                          : common::problem(503, reason);
}

json Control::status_for(const common::Incoming& request) const {
    auto answer = status();
    // Whether the caller may use the paths that change something. The page asks rather than tries.
    const bool full = request.local || !sources_.config.ingest.token.empty();
    answer["access"] = full ? "full" : "read";
    return answer;
}

HttpReply Control::explain(const common::Incoming& request) const {
    const auto events = split_events(request.body, BodyFormat::json);
    if (!events) {
        return common::problem(400, events.error().message);
    }
    if (events->size() != 1) {
        return common::problem(400, "expected one event, found " + std::to_string(events->size()));
    }
    const auto event = read_event(events->front());
    if (!event) {
        return common::problem(400, "event 0: " + event.error().message);
    }
    const auto snapshot = sources_.cache.snapshot();
    auto explanation = explanation_json(*snapshot, *event, events->front());
    add_state(explanation, *snapshot, *event, events->front());
    return fresh_json(explanation);
}

/// What beside the filters decides at this moment: duplicates, cooldowns, how the target is.
void Control::add_state(json& explanation, const Snapshot& snapshot, const Event& event,
                        std::string_view text) const {
    explanation["duplicate"] = event.id && sources_.queue.is_duplicate(*event.id, text);
    for (std::size_t i = 0; i < snapshot.webhooks.size(); ++i) {
        const auto& webhook = *snapshot.webhooks[i];
        auto& shown = explanation["webhooks"][i];
        const auto value = cooldown_value(webhook.settings, event);
        const auto left =
            value ? sources_.queue.cooldown_left(webhook.key, *value) : common::Millis{0};
        shown["cooldown_s"] =
            left.count() > 0 ? json(std::chrono::duration<double>(left).count()) : json{};
        const auto& error = sources_.counted(webhook.key).last_error;
        shown["pending"] = sources_.queue.pending(webhook.key);
        shown["last_error"] = error.empty() ? json{} : json(error);
    }
}

Task<HttpReply> Control::sync() {
    const auto changes = co_await sync_now_();
    if (!changes) {
        co_return sync_problem(changes.error());
    }
    const json answer{
        {"added", changes->added}, {"changed", changes->changed}, {"removed", changes->removed}};
    co_return common::json_reply(200, text_of(answer));
}

} // namespace agent

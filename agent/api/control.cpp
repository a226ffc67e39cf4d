#include "agent/api/control.hpp"

#include "agent/api/log_level_api.hpp"
#include "agent/api/metrics_page.hpp"
#include "agent/api/replies.hpp"
#include "agent/api/status_facts.hpp"
#include "agent/api/status_json.hpp"
#include "agent/api/status_page.hpp"
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
    : sources_{clock, queue, cache, config, stats, memory, clock.now()}, explain_{sources_, memory},
      deliveries_{clock, queue, cache, memory}, events_{clock, queue, cache, config, memory},
      test_{clock, queue, cache}, sync_now_{std::move(sync_now)} {}

Task<HttpReply> Control::handle(const RouteMatch& match, common::Incoming request) {
    switch (match.route->endpoint) {
    case Endpoint::explain:
        return explain_.post(std::move(request.body));
    case Endpoint::status:
        return at_once(fresh_json(text_of(status_for(request))));
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

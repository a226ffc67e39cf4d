#include "agent/api/control.hpp"

#include "agent/api/metrics_page.hpp"
#include "agent/api/routes.hpp"
#include "agent/api/status_json.hpp"
#include "agent/api/status_page.hpp"
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

/// The answer of one moment, of no use to a cache.
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
        // The command line tells "the server said no" (exit 77) and "the local file is bad" (78)
        // from "no answer" (69) by this field.
        auto body = json::parse(reply.body);
        body["fault"] = error.fault == Fault::refused ? "refused" : "config";
        reply.body = text_of(body);
    }
    return reply;
}

} // namespace

Control::Control(common::Clock& clock, Queue& queue, WebhookCache& cache, const Config& config,
                 const Counters& stats, OpenReport opened, Asks asks)
    : sources_{clock, queue, cache, config, stats, std::move(opened), clock.now()},
      deliveries_{queue, cache}, asks_{std::move(asks)} {}

Task<HttpReply> Control::handle(common::Incoming request) {
    auto routed = find_route(request.path);
    if (!routed || routed->route->endpoint == Endpoint::events) {
        return at_once(no_such_path(request.path));
    }
    if (!routed->route->allows(request.method)) {
        return at_once(wrong_method(*routed->route, request.method));
    }
    switch (routed->route->endpoint) {
    case Endpoint::explain:
        return at_once(explain(request));
    case Endpoint::status:
        return at_once(fresh_json(status()));
    case Endpoint::deliveries:
        return deliveries_.list(std::move(request.query));
    case Endpoint::delivery:
        return request.method == "DELETE" ? deliveries_.drop_one(std::move(routed->id))
                                          : deliveries_.show(std::move(routed->id));
    case Endpoint::retry_delivery:
        return deliveries_.retry_one(std::move(routed->id));
    case Endpoint::retry_deliveries:
        return deliveries_.retry(std::move(request.body));
    case Endpoint::drop_deliveries:
        return deliveries_.drop(std::move(request.body));
    case Endpoint::sync:
        return sync();
    case Endpoint::metrics:
        return at_once(
            text_reply("text/plain; version=0.0.4; charset=utf-8", metrics_text(sources_)));
    case Endpoint::livez:
        // Whoever answers here is the loop itself.
        return at_once(text_reply("text/plain; charset=utf-8", "ok\n"));
    case Endpoint::readyz:
        return at_once(ready());
    case Endpoint::page:
    case Endpoint::events:
        break;
    }
    return at_once(status_page());
}

json Control::status() const {
    return status_json(sources_);
}

std::string Control::not_ready() const {
    if (const auto queue = sources_.queue.stats(); queue.degraded) {
        return "the store refuses to write: " +
               (queue.last_error.empty() ? "no reason is known" : queue.last_error);
    }
    if (!sources_.cache.known()) {
        const auto& error = sources_.stats.server.last_error;
        return "the list of webhooks was never fetched from the FindFace Lite server" +
               (error.empty() ? "" : ": " + error);
    }
    return {};
}

HttpReply Control::ready() const {
    auto reason = not_ready();
    return reason.empty() ? text_reply("text/plain; charset=utf-8", "ok\n")
                          : common::problem(503, std::move(reason));
}

HttpReply Control::explain(const common::Incoming& request) const {
    const auto events = split_events(request.body, BodyFormat::json);
    if (!events) {
        return common::problem(400, events.error().message);
    }
    if (events->size() != 1) {
        return common::problem(400, "one event is explained at a time, " +
                                        std::to_string(events->size()) + " came");
    }
    const auto event = read_event(events->front());
    if (!event) {
        return common::problem(400, "event 0: " + event.error().message);
    }
    return fresh_json(explanation_json(agent::explain(*sources_.cache.snapshot(), *event)));
}

Task<HttpReply> Control::sync() {
    auto fetch = asks_.sync();
    const auto changes = co_await std::move(fetch);
    if (!changes) {
        co_return sync_problem(changes.error());
    }
    const json answer{
        {"added", changes->added}, {"changed", changes->changed}, {"removed", changes->removed}};
    co_return common::json_reply(200, text_of(answer));
}

} // namespace agent

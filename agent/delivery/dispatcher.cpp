#include "agent/delivery/dispatcher.hpp"

#include "agent/delivery/lane.hpp"

#include <algorithm>
#include <map>

namespace agent {

using common::Task;

struct Dispatcher::State {
    WebhookCache& cache;
    std::shared_ptr<LaneContext> context;
    std::map<std::string, std::shared_ptr<Lane>> lanes{}; ///< by origin
    bool stopped = false;

    static Task<> stop(std::shared_ptr<State> state, common::Millis grace);
};

Dispatcher::Dispatcher(common::Executor loop, common::Clock& clock, common::HttpClient& client,
                       Queue& queue, WebhookCache& cache, const Config& config, Counters& counters)
    : state_{new State{cache, std::shared_ptr<LaneContext>{new LaneContext{
                                  std::move(loop), clock, client, queue, config, counters}}}} {}

Dispatcher::~Dispatcher() = default;

void Dispatcher::update_lanes() {
    if (state_->stopped) {
        return;
    }
    auto& context = *state_->context;
    auto& lanes = state_->lanes;
    std::erase_if(lanes, [](const auto& entry) { return entry.second->ended(); });

    std::map<std::string, Lane::Webhooks> wanted;
    const auto snapshot = state_->cache.snapshot();
    for (const auto& webhook : snapshot->webhooks) {
        if (webhook->state == WebhookState::serving) {
            wanted[webhook->target.origin()].emplace(webhook->key, webhook);
        }
    }
    context.by_webhook.clear();
    std::vector<std::shared_ptr<Lane>> added;
    for (const auto& [origin, webhooks] : wanted) {
        auto& lane = lanes[origin];
        if (!lane) {
            lane = std::make_shared<Lane>(state_->context, origin);
            added.push_back(lane);
        }
        for (const auto& [key, webhook] : webhooks) {
            context.by_webhook.emplace(key, lane);
        }
    }
    context.own_faults.retain(
        [&](const std::string& key) { return context.by_webhook.contains(key); });
    for (const auto& [origin, lane] : lanes) {
        lane->serve(std::move(wanted[origin]));
    }
    for (const auto& lane : added) {
        context.lanes.spawn("lane " + lane->origin(), Lane::run(lane));
    }
}

void Dispatcher::committed(std::vector<Delivery> deliveries) {
    const auto& by_webhook = state_->context->by_webhook;
    for (auto& delivery : deliveries) {
        if (const auto lane = by_webhook.find(delivery.webhook); lane != by_webhook.end()) {
            lane->second->committed(std::move(delivery));
        }
    }
}

void Dispatcher::rows_changed(const Selection& selection) {
    for (const auto& [origin, lane] : state_->lanes) {
        lane->rows_changed(selection);
    }
}

std::vector<LaneStatus> Dispatcher::lanes() const {
    std::vector<LaneStatus> statuses;
    for (const auto& [origin, lane] : state_->lanes) {
        if (!lane->ended()) {
            statuses.push_back({origin, lane->reachable(), lane->in_flight(), lane->held()});
        }
    }
    return statuses;
}

std::uint64_t Dispatcher::progress() const {
    return state_->context->progress;
}

Task<> Dispatcher::stop(common::Millis grace) {
    return State::stop(state_, grace);
}

Task<> Dispatcher::State::stop(std::shared_ptr<State> state, common::Millis grace) {
    auto& context = *state->context;
    state->stopped = true;
    context.budget.close();
    context.lanes.cancel();
    const auto deadline = context.clock.now() + grace;
    while (!context.in_flight.empty() && context.clock.now() < deadline) {
        co_await context.attempt_ended.wait_until(deadline);
    }
    context.attempts.cancel();
    co_await context.attempts.join();
    co_await context.lanes.join();
    context.by_webhook.clear();
    state->lanes.clear();
    co_await context.queue.flush();
}

} // namespace agent

#include "agent/delivery/dispatcher.hpp"

#include "agent/delivery/lane.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <unordered_map>
#include <utility>

namespace agent {

using common::Task;

namespace {

/// The webhooks with the most attempts in flight of each target, and of all.
class Holders {
  public:
    void add(const std::string& webhook, const Lane& lane) {
        if (lane.in_flight() > 0) {
            keep(by_target_[&lane.target()], {lane.in_flight(), webhook});
            keep(all_, {lane.in_flight(), webhook});
        }
    }
    /// Whom `webhook` waits for if it gets no connection; empty: nobody else.
    [[nodiscard]] std::string before(const std::string& webhook, const Lane& lane) const {
        const auto found = by_target_.find(&lane.target());
        const auto there = found == by_target_.end() ? "" : other(found->second, webhook);
        return there.empty() && lane.in_flight() == 0 ? other(all_, webhook) : there;
    }

  private:
    using Holder = std::pair<std::size_t, std::string>;
    using Two = std::array<Holder, 2>; ///< the most first, as the first may be oneself

    static void keep(Two& two, Holder one) {
        if (one.first > two[0].first) {
            two[1] = std::exchange(two[0], std::move(one));
        } else if (one.first > two[1].first) {
            two[1] = std::move(one);
        }
    }
    static std::string other(const Two& two, const std::string& webhook) {
        return two[0].second == webhook ? two[1].second : two[0].second;
    }

    std::unordered_map<const Target*, Two> by_target_;
    Two all_;
};

} // namespace

struct Dispatcher::State {
    WebhookCache& cache;
    std::shared_ptr<LaneContext> context;
    std::map<std::string, std::shared_ptr<Target>> targets{}; ///< by origin
    /// By origin and webhook. A webhook that has moved has one at each target for a while.
    std::map<std::pair<std::string, std::string>, std::shared_ptr<Lane>> lanes{};
    bool stopped = false;

    static Task<> stop(std::shared_ptr<State> state, common::Millis grace);
};

Dispatcher::Dispatcher(common::Executor loop, common::Clock& clock, common::HttpClient& client,
                       Queue& queue, WebhookCache& cache, const Config& config, Counters& counters,
                       common::Chance chance)
    : state_{new State{cache, std::shared_ptr<LaneContext>{
                                  new LaneContext{std::move(loop), clock, client, queue, config,
                                                  counters, std::move(chance)}}}} {}

Dispatcher::~Dispatcher() = default;

void Dispatcher::update_lanes() {
    if (state_->stopped) {
        return;
    }
    auto& context = *state_->context;
    auto& lanes = state_->lanes;
    std::erase_if(lanes, [](const auto& entry) { return entry.second->ended(); });

    auto& targets = state_->targets;
    std::erase_if(targets, [](const auto& entry) { return entry.second.use_count() == 1; });
    for (const auto& [origin, target] : targets) {
        target->webhooks = 0;
    }
    std::map<std::pair<std::string, std::string>, std::shared_ptr<const Webhook>> wanted;
    const auto snapshot = state_->cache.snapshot();
    for (const auto& webhook : snapshot->webhooks) {
        if (webhook->state == WebhookState::serving) {
            const auto origin = webhook->target.origin();
            auto& target = targets[origin];
            if (!target) {
                target = std::make_shared<Target>(Target{origin});
            }
            ++target->webhooks;
            wanted.emplace(std::pair{origin, webhook->key}, webhook);
        }
    }
    context.by_webhook.clear();
    std::vector<std::shared_ptr<Lane>> added;
    for (const auto& [place, webhook] : wanted) {
        auto& lane = lanes[place];
        if (!lane) {
            lane = std::make_shared<Lane>(state_->context, targets[place.first]);
            added.push_back(lane);
        }
        context.by_webhook.emplace(webhook->key, lane);
    }
    context.own_faults.retain(
        [&](const std::string& key) { return context.by_webhook.contains(key); });
    for (const auto& [place, lane] : lanes) {
        const auto found = wanted.find(place);
        lane->serve(found == wanted.end() ? nullptr : found->second);
    }
    for (const auto& lane : added) {
        context.lanes.spawn("lane " + lane->target().origin, Lane::run(lane));
    }
}

void Dispatcher::committed(std::vector<Delivery> deliveries) {
    const auto& by_webhook = state_->context->by_webhook;
    for (auto& delivery : deliveries) {
        if (const auto lane = by_webhook.find(delivery.webhook); lane != by_webhook.end()) {
            lane->second->committed(std::move(delivery));
        }
    }
    state_->context->budget.start();
}

void Dispatcher::rows_changed(const Selection& selection) {
    for (const auto& [place, lane] : state_->lanes) {
        lane->rows_changed(selection);
    }
}

std::vector<TargetStatus> Dispatcher::targets() const {
    std::vector<TargetStatus> statuses;
    for (const auto& [place, lane] : state_->lanes) {
        if (lane->ended()) {
            continue;
        }
        if (statuses.empty() || statuses.back().target != place.first) {
            statuses.push_back({place.first, !lane->target().silence.outage(), 0, 0});
        }
        statuses.back().in_flight += lane->in_flight();
        statuses.back().held += lane->held();
    }
    return statuses;
}

std::optional<common::Millis> Dispatcher::probe_in(const std::string& webhook) const {
    const auto& lanes = state_->context->by_webhook;
    const auto lane = lanes.find(webhook);
    return lane == lanes.end() ? std::nullopt : lane->second->probe_in();
}

WaitingByWebhook Dispatcher::waiting() const {
    const auto& lanes = state_->context->by_webhook;
    Holders holders;
    for (const auto& [webhook, lane] : lanes) {
        holders.add(webhook, *lane);
    }
    WaitingByWebhook all;
    for (const auto& [webhook, lane] : lanes) {
        auto& one = all[webhook];
        one.oldest = lane->oldest();
        one.probe_in = lane->probe_in();
        one.target_silent = one.probe_in && lane->target().silence.outage();
        one.for_connection = lane->wants() != ConnectionUser::Want::nothing;
        if (one.for_connection) {
            one.behind = holders.before(webhook, *lane);
        }
    }
    return all;
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
    state->targets.clear();
    co_await context.queue.flush();
}

} // namespace agent

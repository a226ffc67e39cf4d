#include "agent/delivery/lane.hpp"

#include "agent/delivery/delivery_end.hpp"
#include "common/base/log.hpp"

#include <algorithm>

namespace agent {

namespace {

namespace asio = common::asio;
using common::Millis;
using common::Task;

/// After the database has refused a read.
constexpr Millis failure_pause{1'000};

template <class T> std::optional<T> earlier(std::optional<T> a, std::optional<T> b) {
    return a && b ? std::min(*a, *b) : a ? a : b;
}

} // namespace

Lane::Lane(std::shared_ptr<LaneContext> context, std::shared_ptr<Target> target)
    : context_{std::move(context)}, silence_{std::move(target)}, fresh_{[this](std::int64_t id) {
          return context_->in_flight.contains(id) || retries_.contains(id);
      }},
      retries_{[this](std::int64_t id) {
          return context_->in_flight.contains(id) || fresh_.contains(id);
      }},
      log_{context_->clock}, wakeup_{context_->loop, context_->clock}, hold_times_{
                                                                           context_->clock.now()} {}

Task<> Lane::run(std::shared_ptr<Lane> lane) {
    while (!lane->ended()) {
        lane->take_back();
        if (lane->plan().read_fresh) {
            co_await lane->read_fresh();
        }
        if (lane->plan().read_retries) {
            co_await lane->read_retries();
        }
        lane->context_->budget.want(lane);
        const auto plan = lane->plan();
        if (plan.reads()) {
            continue;
        }
        const auto wake_at =
            earlier(plan.wake_at, lane->webhook_.back_at(lane->context_->own_faults));
        if (wake_at) {
            co_await lane->wakeup_.wait_until(*wake_at);
        } else {
            co_await lane->wakeup_.wait();
        }
    }
}

/// A change of what this depends on must be followed by wakeup_.notify(), so that run() plans
/// again. The start of an attempt needs none, because its end follows; nor does committed(), which
/// asks for a connection itself.
LanePlan Lane::plan() const {
    LaneSituation lane;
    lane.now = context_->clock.now();
    lane.serving = static_cast<bool>(webhook_);
    lane.fresh_in_flight = fresh_in_flight_;
    lane.has_fresh = !fresh_.empty();
    lane.has_retry = !retries_.empty();
    lane.wants_fresh = fresh_.wants_read();
    lane.read_fresh_at = read_fresh_at_;
    if (const auto due = retries_.read_at()) {
        lane.next_retry = lane.now + Millis{*due - context_->queue.queue_time()};
    }
    lane.read_retries_at = read_retries_at_;
    if (silence_) {
        lane.silent = true;
        lane.probing = silence_.probing();
        lane.probe_at = silence_.probe_at();
    }
    return make_plan(lane);
}

void Lane::serve(std::shared_ptr<const Webhook> webhook) {
    const auto change = webhook_.replace(std::move(webhook));
    if (change.key) {
        fresh_.forget();
        retries_.forget();
        tried_.clear();
    }
    if (change.requests) {
        silence_.probe_now(context_->clock.now());
    }
    const auto all = context_->by_webhook.size();
    fresh_.share_memory(target().webhooks, all);
    retries_.share_memory(target().webhooks, all);
    wakeup_.notify();
}

void Lane::committed(Delivery delivery) {
    if (webhook_.is_left_out()) {
        return; // read back with the others
    }
    fresh_.committed(std::move(delivery));
    context_->budget.enqueue(shared_from_this());
}

void Lane::rows_changed(const Selection& selection) {
    if (selection.webhook && !webhook_.is(*selection.webhook)) {
        return;
    }
    fresh_.forget(selection);
    retries_.forget(selection);
    tried_.forget(selection);
    read_retries_at_ = context_->clock.now();
    silence_.probe_now(context_->clock.now());
    wakeup_.notify();
}

// Reading back.

void Lane::leave_out() {
    webhook_.leave_out();
    fresh_.forget();
    retries_.forget();
    wakeup_.notify();
}

void Lane::take_back() {
    const auto now = context_->clock.now();
    if (webhook_.take_back(context_->own_faults, now)) {
        fresh_.forget();
        retries_.forget();
        read_retries_at_ = now;
    }
}

Task<> Lane::read_fresh() {
    const auto query = fresh_.begin_read();
    auto batch = co_await context_->queue.fresh(webhook_.keys(), query.after, query.bounds);
    ++context_->progress;
    if (!batch) {
        read_fresh_at_ = context_->clock.now() + failure_pause;
    }
    fresh_.end_read(std::move(batch));
}

Task<> Lane::read_retries() {
    const auto bounds = retries_.begin_read(context_->in_flight.size());
    auto batch = co_await context_->queue.due(webhook_.keys(), bounds);
    ++context_->progress;
    auto pause = batch ? DueRetries::read_pause(context_->config.delivery.retry) : failure_pause;
    auto found = retries_.end_read(std::move(batch));
    if (found.more) {
        pause = Millis{0};
    }
    fresh_.add(std::move(found.fresh));
    read_retries_at_ = context_->clock.now() + pause;
}

// Starting.

ConnectionUser::Want Lane::wants() const {
    const auto now = plan();
    return now.start_fresh ? Want::first : now.start_retry ? Want::retry : Want::nothing;
}

ConnectionUser::Standing Lane::standing(common::Instant now) const {
    return {hold_times_.pace(now, static_cast<bool>(silence_)), hold_times_.urgency(now),
            hold_times_.oldest_start(), hold_times_.last_end()};
}

std::size_t Lane::next_bytes(Want kind) const {
    return kind == Want::first ? fresh_.next_bytes() : retries_.next_bytes();
}

std::optional<std::size_t> Lane::start_one(Want kind) {
    for (auto next = wants(); next == kind && next != Want::nothing; next = wants()) {
        auto delivery = kind == Want::first ? fresh_.pop() : retries_.pop();
        const auto& webhook = webhook_.get();
        if (is_expired(delivery, *webhook, context_->queue.queue_time())) {
            expire(delivery);
            continue;
        }
        const auto bytes = delivery.event->size();
        start(std::move(delivery), webhook,
              kind == Want::first ? Kind::first
              : silence_          ? Kind::probe
                                  : Kind::retry);
        return bytes;
    }
    return std::nullopt;
}

void Lane::expire(const Delivery& delivery) {
    common::log::debug(
        "a delivery expired",
        {{"webhook", delivery.webhook}, {"delivery", delivery.id}, {"event", delivery.event_id}});
    context_->queue.record(expiry_of(delivery));
    ++context_->progress;
    fresh_.attempt_ended(delivery.id);
    retries_.attempt_ended(delivery.id);
    tried_.done(delivery.id);
    wakeup_.notify();
}

void Lane::start(Delivery delivery, std::shared_ptr<const Webhook> webhook, Kind kind) {
    ++context_->progress;
    ++in_flight_;
    fresh_in_flight_ += kind == Kind::first ? 1 : 0;
    tried_.add(delivery);
    const auto now = context_->clock.now();
    Attempt attempt{std::move(delivery), std::move(webhook), kind, now,
                    silence_.attempt_starts(kind == Kind::probe)};
    hold_times_.started(now);
    const auto id = attempt.delivery.id;
    const bool unlimited = attempt.webhook->send_attempts == 0;
    context_->in_flight.insert(id);
    context_->queue.take_in_hand(id);
    const auto task = context_->attempts.spawn(
        target().origin, make_attempt(shared_from_this(), std::move(attempt)));
    if (unlimited) {
        open_.started(id, now, [attempts = &context_->attempts, task] { attempts->cancel(task); });
    }
}

Task<> Lane::make_attempt(std::shared_ptr<Lane> lane, Attempt attempt) {
    // So that no attempt ends before start_one() returns, as the budget requires.
    co_await asio::post(asio::use_awaitable);
    auto& context = *lane->context_;
    attempt.begun = common::device_time(context.clock);
    auto request = make_request(*attempt.webhook, attempt.delivery, attempt.delivery.attempts + 1,
                                attempt.begun.seconds);
    auto reply = co_await reply_unless_cancelled(context.client, std::move(request));
    const bool given_up = lane->open_.ended(attempt.delivery.id, reply && *reply);
    if (!reply && !given_up) {
        // Cancelled by stop(): this says nothing about the target, so it does not count.
        co_return;
    }
    if (!reply) {
        reply = common::fail(given_up_after(context.clock.now() - attempt.start));
    }
    lane->attempt_ended(attempt, *reply);
}

std::optional<std::int64_t> Lane::oldest() const {
    return earlier(tried_.oldest(), earlier(fresh_.oldest(), retries_.oldest()));
}

// Outcomes.

void Lane::attempt_ended(const Attempt& attempt, const common::Result<common::HttpReply>& reply) {
    const auto& delivery = attempt.delivery;
    auto ended = common::device_time(context_->clock);
    // The dates of a certificate were judged in between, perhaps by a clock that was wrong.
    ended.synchronised = ended.synchronised && attempt.begun.synchronised;
    const auto outcome = judge_reply(reply, delivery.attempts + 1, *attempt.webhook,
                                     context_->config.delivery.retry, context_->chance(), ended);
    if (outcome.kind == Outcome::Kind::own_fault) {
        hold_times_.withdrawn(attempt.start);
        not_attempted(attempt, outcome.error);
    } else {
        hold_times_.ended(attempt.start, context_->clock.now());
        context_->own_faults.attempted(delivery.webhook);
        log_.attempt_ended(*attempt.webhook, delivery, outcome);
        const auto now = context_->clock.now();
        bool waits_for_probe = false;
        if (!outcome.answered) {
            waits_for_probe = silence_.not_answered(
                attempt.silence, now, context_->config.delivery.retry, context_->chance());
            if (attempt.silence.shared_probe) {
                wake_neighbours(false);
            }
        } else if (silence_.answered()) {
            wake_neighbours(true);
        }
        record_outcome(attempt, outcome, waits_for_probe ? Millis{0} : outcome.wait);
    }

    ++context_->progress;
    --in_flight_;
    fresh_in_flight_ -= attempt.kind == Kind::first ? 1 : 0;
    context_->in_flight.erase(delivery.id);
    context_->attempt_ended.notify();
    context_->budget.enqueue(shared_from_this());
    context_->budget.release(*this, attempt.kind != Kind::first, delivery.event->size());
    wakeup_.notify();
}

/// The row stays as it is, and so does what is known about the target.
void Lane::not_attempted(const Attempt& attempt, const std::string& error) {
    const auto& key = attempt.delivery.webhook;
    context_->counters.webhooks[key].not_attempted(error, context_->clock.now());
    context_->queue.put_down(attempt.delivery.id);
    silence_.withdrawn(attempt.silence);
    if (attempt.silence.shared_probe) {
        wake_neighbours(false);
    }
    // Not always this lane, as in record_outcome().
    if (const auto found = context_->by_webhook.find(key); found != context_->by_webhook.end()) {
        context_->own_faults.failed(*attempt.webhook, error);
        found->second->leave_out();
    }
}

/// The other lanes of the target plan again, as the outage that they share is over or its probe
/// has ended.
void Lane::wake_neighbours(bool to_probe) {
    for (const auto& [key, lane] : context_->by_webhook) {
        if (lane.get() != this && &lane->target() == &target() && lane->silence_) {
            if (to_probe) {
                lane->silence_.probe_own_now(context_->clock.now());
            }
            lane->wakeup_.notify();
        }
    }
}

void Lane::record_outcome(const Attempt& attempt, const Outcome& outcome, Millis wait) {
    const auto& delivery = attempt.delivery;
    auto& counters = context_->counters.webhooks[delivery.webhook];
    counters.note(outcome, context_->clock.now());
    auto recorded = record_of(delivery, outcome);
    const auto now = context_->queue.queue_time();
    recorded.due = now + wait.count();
    recorded.took = std::chrono::duration_cast<Millis>(context_->clock.now() - attempt.start);
    if (!recorded.test) {
        counters.count(outcome, Millis{now - delivery.accepted_at});
        context_->counters.attempt.observe(common::seconds(recorded.took));
    }

    // Not always this lane: the webhook may have moved to another target in the meantime.
    const auto found = context_->by_webhook.find(delivery.webhook);
    if (found != context_->by_webhook.end()) {
        auto& lane = *found->second;
        lane.fresh_.attempt_ended(delivery.id);
        lane.retries_.attempt_ended(delivery.id);
        if (outcome.kind == Outcome::Kind::retry) {
            lane.retries_.expect(recorded.due);
            lane.wakeup_.notify();
            lane.tried_.add(delivery);
        } else {
            lane.tried_.done(delivery.id);
        }
    }
    context_->queue.record(std::move(recorded));
}

} // namespace agent

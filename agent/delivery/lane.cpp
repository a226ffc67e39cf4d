#include "agent/delivery/lane.hpp"

#include <algorithm>

namespace agent {

namespace {

using common::Instant;
using common::Millis;
using common::Task;

/// After the store said no.
constexpr Millis store_pause{1'000};
/// A look for retries may write down what was settled before it, and that is an fsync. Dues that
/// lie closer together than this are found by one look, as far as the backoff is not made
/// noticeably longer by it.
constexpr Millis longest_look_pause{100};

Millis look_pause(const common::Backoff& backoff) {
    return std::clamp(backoff.initial / 10, Millis{1}, longest_look_pause);
}

/// Whether attempts of `now` are sent otherwise than those of `before` were: then an unreachable
/// target may have become reachable.
bool sent_alike(const Webhook& before, const Webhook& now) {
    const auto& a = before.settings;
    const auto& b = now.settings;
    return before.target == now.target && a.tls == b.tls && a.timeout == b.timeout &&
           a.headers == b.headers && a.body == b.body && a.signing_keys == b.signing_keys;
}

} // namespace

double LaneContext::chance() {
    return std::uniform_real_distribution<double>{0, 1}(random);
}

Lane::Lane(std::shared_ptr<LaneContext> context, std::string origin)
    : context_{std::move(context)}, origin_{std::move(origin)}, memory_{context_->in_flight},
      log_{context_->clock}, wakeup_{context_->loop, context_->clock} {}

Task<> Lane::run(std::shared_ptr<Lane> lane) {
    while (!lane->ended()) {
        if (lane->may_read_fresh()) {
            auto read = lane->read_fresh();
            co_await std::move(read);
        }
        if (lane->may_read_retries()) {
            auto read = lane->read_retries();
            co_await std::move(read);
        }
        lane->context_->budget.want(lane);
        if (lane->may_read_fresh() || lane->may_read_retries()) {
            continue;
        }
        const auto when = lane->next_time();
        auto wait = when ? lane->wakeup_.wait_until(*when) : lane->wakeup_.wait();
        co_await std::move(wait);
    }
}

void Lane::serve(Webhooks webhooks) {
    const auto alike = [](const auto& before, const auto& now) {
        return sent_alike(*before.second, *now.second);
    };
    const auto same_key = [](const auto& before, const auto& now) {
        return before.first == now.first;
    };
    const bool same_keys =
        std::equal(webhooks_.begin(), webhooks_.end(), webhooks.begin(), webhooks.end(), same_key);
    const bool same = same_keys && std::equal(webhooks_.begin(), webhooks_.end(), webhooks.begin(),
                                              webhooks.end(), alike);
    webhooks_ = std::move(webhooks);
    if (!same_keys) {
        memory_.forget();
    }
    if (!same) {
        probe_now();
    }
    wakeup_.notify();
}

void Lane::committed(Delivery delivery) {
    memory_.offer(std::move(delivery));
    context_->budget.want(shared_from_this());
}

void Lane::rows_changed(const Selection& selection) {
    if (selection.webhook && !webhooks_.contains(*selection.webhook)) {
        return;
    }
    memory_.forget(selection);
    read_retries_at_ = context_->clock.now();
    probe_now();
    wakeup_.notify();
}

void Lane::probe_now() {
    if (outage_) {
        outage_->probe_at = context_->clock.now();
    }
}

// Reading back.

std::vector<std::string> Lane::keys() const {
    std::vector<std::string> keys;
    for (const auto& [key, webhook] : webhooks_) {
        keys.push_back(key);
    }
    return keys;
}

bool Lane::may_read_fresh() const {
    return !webhooks_.empty() && memory_.wants_fresh() && context_->clock.now() >= read_fresh_at_;
}

Task<> Lane::read_fresh() {
    const auto question = memory_.begin_fresh();
    auto query = context_->queue.fresh(keys(), question.after, question.limit);
    auto batch = co_await std::move(query);
    ++context_->progress;
    if (!batch) {
        read_fresh_at_ = context_->clock.now() + store_pause;
    }
    memory_.end_fresh(std::move(batch));
}

bool Lane::may_read_retries() const {
    const auto now = context_->clock.now();
    if (webhooks_.empty() || !memory_.wants_retries() || now < read_retries_at_ ||
        *memory_.next_due() > context_->queue.queue_time()) {
        return false;
    }
    return !outage_ || (!memory_.has_retry() && !outage_->probing && now >= outage_->probe_at);
}

Task<> Lane::read_retries() {
    const auto question = memory_.begin_retries();
    auto query = context_->queue.due(keys(), question.limit);
    auto batch = co_await std::move(query);
    ++context_->progress;
    const bool read = batch.has_value();
    const bool more = read && batch->more;
    const bool found = memory_.end_retries(std::move(batch));
    const auto pause = !read           ? store_pause
                       : more && found ? Millis{0}
                                       : look_pause(context_->config.delivery.retry);
    read_retries_at_ = context_->clock.now() + pause;
}

std::optional<Instant> Lane::next_time() const {
    const auto now = context_->clock.now();
    std::optional<Instant> earliest;
    // What is not ahead waits for something else than time: a slot, an answer.
    const auto consider = [&](Instant when) {
        if (when > now && (!earliest || when < *earliest)) {
            earliest = when;
        }
    };
    if (webhooks_.empty()) {
        return earliest;
    }
    if (memory_.wants_fresh()) {
        consider(read_fresh_at_);
    }
    if (outage_ && memory_.has_retry()) {
        consider(outage_->probe_at);
    } else if (memory_.wants_retries() && !(outage_ && outage_->probing)) {
        auto look = std::max(read_retries_at_,
                             now + Millis{*memory_.next_due() - context_->queue.queue_time()});
        if (outage_) {
            look = std::max(look, outage_->probe_at);
        }
        consider(look);
    }
    return earliest;
}

// Starting.

std::size_t Lane::connection_limit() const {
    // Of all that there are one is left to the others.
    const auto& delivery = context_->config.delivery;
    const auto others = delivery.connections > 1 ? delivery.connections - 1 : 1;
    return static_cast<std::size_t>(
        std::max<std::uint64_t>(std::min(delivery.connections_per_target, others), 1));
}

bool Lane::may_try_fresh() const {
    return memory_.has_fresh() && in_flight_ < connection_limit() &&
           (!outage_ || fresh_in_flight_ == 0);
}

bool Lane::may_try_retry() const {
    if (!memory_.has_retry() || in_flight_ >= connection_limit()) {
        return false;
    }
    if (outage_) {
        return !outage_->probing && context_->clock.now() >= outage_->probe_at;
    }
    return in_flight_ - fresh_in_flight_ < std::max<std::size_t>(connection_limit() - 1, 1);
}

bool Lane::wants() const {
    return may_try_fresh() || may_try_retry();
}

bool Lane::start_one() {
    while (wants()) {
        const bool fresh = may_try_fresh();
        auto delivery = fresh ? memory_.take_fresh() : memory_.take_retry();
        const auto webhook = webhooks_.at(delivery.webhook);
        if (expired(delivery, *webhook)) {
            expire(delivery);
            continue;
        }
        launch(std::move(delivery), webhook,
               fresh     ? Kind::first
               : outage_ ? Kind::probe
                         : Kind::retry);
        return true;
    }
    return false;
}

bool Lane::expired(const Delivery& delivery, const Webhook& webhook) const {
    const auto max_age = webhook.settings.max_age;
    return max_age > Millis{0} &&
           context_->queue.queue_time() - delivery.accepted_at > max_age.count();
}

void Lane::expire(const Delivery& delivery) {
    RecordedOutcome recorded;
    recorded.id = delivery.id;
    recorded.webhook = delivery.webhook;
    recorded.attempts = delivery.attempts;
    recorded.expired = true;
    context_->queue.record(std::move(recorded));
    ++context_->progress;
    memory_.attempt_ended(delivery.id);
    wakeup_.notify();
}

void Lane::launch(Delivery delivery, std::shared_ptr<const Webhook> webhook, Kind kind) {
    ++context_->progress;
    ++in_flight_;
    fresh_in_flight_ += kind == Kind::first ? 1 : 0;
    if (kind == Kind::probe) {
        outage_->probing = true;
    }
    context_->in_flight.insert(delivery.id);
    context_->budget.take(reachable());
    Flight flight{std::move(delivery), std::move(webhook), kind, answers_, outage_.has_value()};
    context_->attempts.spawn(origin_, attempt(shared_from_this(), std::move(flight)));
}

Task<> Lane::attempt(std::shared_ptr<Lane> lane, Flight flight) {
    auto& context = *lane->context_;
    const auto wall =
        std::chrono::floor<std::chrono::seconds>(context.clock.wall().time_since_epoch());
    auto request =
        make_request(*flight.webhook, flight.delivery, flight.delivery.attempts + 1, wall.count());
    auto call = context.client.send(std::move(request));
    const auto reply = co_await std::move(call);
    const auto state = co_await common::asio::this_coro::cancellation_state;
    if (!reply && state.cancelled() != common::asio::cancellation_type::none) {
        // Broken off by us: no attempt was made that says anything about the target.
        co_return;
    }
    lane->attempt_ended(flight, reply);
}

// Landing.

void Lane::attempt_ended(const Flight& flight, const common::Result<common::HttpReply>& reply) {
    const auto& backoff = context_->config.delivery.retry;
    const auto outcome = judge_reply(reply, flight.delivery.attempts + 1, *flight.webhook, backoff,
                                     context_->chance());
    log_.judged(*flight.webhook, flight.delivery, outcome);
    bool waits_for_probe = false;
    if (outcome.answered) {
        note_answer();
    } else {
        waits_for_probe = note_no_answer(flight);
    }
    settle(flight, outcome, waits_for_probe ? Millis{0} : outcome.wait);

    ++context_->progress;
    const bool reachable_now = reachable();
    --in_flight_;
    fresh_in_flight_ -= flight.kind == Kind::first ? 1 : 0;
    context_->in_flight.erase(flight.delivery.id);
    context_->attempt_ended.notify();
    context_->budget.give_back(reachable_now);
    context_->budget.want(shared_from_this());
    if (ended() || outage_ || memory_.wants_fresh() || memory_.wants_retries()) {
        wakeup_.notify();
    }
}

void Lane::note_answer() {
    ++answers_;
    if (outage_) {
        outage_.reset();
        context_->budget.turned(true, in_flight_);
    }
}

/// No answer. Whether the delivery waits behind the lane's probe, and not by itself.
bool Lane::note_no_answer(const Flight& flight) {
    if (flight.answers != answers_) {
        // The target has answered others since this one started: it is this delivery that it breaks
        // on.
        return false;
    }
    const auto now = context_->clock.now();
    const auto& backoff = context_->config.delivery.retry;
    if (!outage_) {
        outage_ = Outage{1, now + backoff.wait(1, context_->chance()), false};
        context_->budget.turned(false, in_flight_);
    } else if (flight.kind == Kind::probe) {
        outage_->probing = false;
        ++outage_->failures;
        outage_->probe_at = now + backoff.wait(outage_->failures, context_->chance());
    }
    return flight.in_outage;
}

void Lane::settle(const Flight& flight, const Outcome& outcome, Millis wait) {
    const auto& delivery = flight.delivery;
    auto& stats = context_->stats.webhooks[delivery.webhook];
    stats.last_error = outcome.error;
    if (outcome.kind == Outcome::Kind::delivered) {
        ++stats.delivered;
    } else {
        ++stats.failed;
    }
    RecordedOutcome recorded;
    recorded.id = delivery.id;
    recorded.webhook = delivery.webhook;
    recorded.kind = outcome.kind;
    recorded.attempts = delivery.attempts + 1;
    recorded.due = context_->queue.queue_time() + wait.count();
    recorded.status = outcome.status;
    recorded.error = outcome.error;

    // Not always this lane: the webhook may have moved to another target meanwhile.
    const auto lane = context_->by_webhook.find(delivery.webhook);
    if (lane != context_->by_webhook.end()) {
        lane->second->memory_.attempt_ended(delivery.id);
        if (outcome.kind == Outcome::Kind::retry) {
            lane->second->memory_.expect(recorded.due);
            lane->second->wakeup_.notify();
        }
    }
    context_->queue.record(std::move(recorded));
}

} // namespace agent

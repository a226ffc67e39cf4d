// Lane: the deliveries of one webhook to one target (scheme, host, port), its retries and its
// probe. A lane shares its target's connections with the lanes of the other webhooks there. Fresh
// deliveries go first; retries get the connections that no fresh one needs. Loop thread. After a
// crash the queue still has everything that a lane had.
//
// While no attempt of the webhook gets an HTTP answer, its retries wait for a single probe, and its
// fresh deliveries go one at a time. Its answer ends that, and whatever is due goes out at once.
// While nothing at all of the target answers, its lanes share one probe, and an answer to any of
// them lets each of the others probe at once.
//
// An attempt that could not be made for a reason of this device's own is none. Its webhook's
// deliveries leave memory, and are read back when OwnFaults says.
#pragma once

#include "agent/config/config.hpp"
#include "agent/delivery/connection_budget.hpp"
#include "agent/delivery/due_retries.hpp"
#include "agent/delivery/fresh_deliveries.hpp"
#include "agent/delivery/hold_times.hpp"
#include "agent/delivery/lane_log.hpp"
#include "agent/delivery/lane_plan.hpp"
#include "agent/delivery/lane_silence.hpp"
#include "agent/delivery/lane_webhook.hpp"
#include "agent/delivery/open_attempts.hpp"
#include "agent/delivery/own_faults.hpp"
#include "agent/delivery/tried_deliveries.hpp"
#include "agent/queue/queue.hpp"
#include "agent/webhooks/counters.hpp"
#include "common/async/clock.hpp"
#include "common/base/backoff.hpp"
#include "common/http_client/http_client.hpp"

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace agent {

class Lane;

/// What lanes share. Lanes and attempts keep it alive; the parts that it refers to outlive
/// Dispatcher::stop().
struct LaneContext {
    common::Executor loop;
    common::Clock& clock;
    common::HttpClient& client;
    Queue& queue;
    const Config& config;
    Counters& counters;
    common::Chance chance;

    ConnectionBudget budget{config, clock};
    OwnFaults own_faults{clock};
    common::TaskGroup attempts{loop};
    common::TaskGroup lanes{loop};
    common::Wakeup attempt_ended{loop, clock};
    std::unordered_set<std::int64_t> in_flight{}; ///< ids of the deliveries being tried
    /// The lane that has a serving webhook's deliveries now.
    std::unordered_map<std::string, std::shared_ptr<Lane>> by_webhook{};
    std::uint64_t progress = 0;
};

class Lane final : public ConnectionUser, public std::enable_shared_from_this<Lane> {
  public:
    Lane(std::shared_ptr<LaneContext> context, std::shared_ptr<Target> target);

    /// Reads from the queue and waits; ends once the lane has no webhook and nothing in flight.
    static common::Task<> run(std::shared_ptr<Lane> lane);

    /// Its webhook from now on, or none. If it had none before, it reads everything back.
    void serve(std::shared_ptr<const Webhook> webhook);
    /// A new committed delivery of its webhook. It goes out with the next start() of the budget.
    void committed(Delivery delivery);
    /// Deliveries were retried or dropped from outside.
    void rows_changed(const Selection& selection);

    [[nodiscard]] Want wants() const override;
    [[nodiscard]] Standing standing(common::Instant now) const override;
    [[nodiscard]] Target& target() const override { return *silence_.target(); }
    [[nodiscard]] std::size_t next_bytes(Want kind) const override;
    std::optional<std::size_t> start_one(Want kind) override;
    [[nodiscard]] std::optional<common::Instant> can_give_up() const override {
        return open_.can_give_up();
    }
    void give_up_one() override { open_.give_up_oldest(); }

    /// How long its retries wait for a probe to start; nothing while they need none.
    [[nodiscard]] std::optional<common::Millis> probe_in() const {
        return silence_.probe_in(context_->clock.now());
    }
    /// When the oldest of its deliveries was accepted, as far as it knows.
    [[nodiscard]] std::optional<std::int64_t> oldest() const;
    [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
    [[nodiscard]] std::size_t held() const { return fresh_.size() + retries_.size(); }
    [[nodiscard]] bool ended() const { return !webhook_ && in_flight_ == 0; }

  private:
    enum class Kind { first, retry, probe };
    struct Attempt {
        Delivery delivery;
        std::shared_ptr<const Webhook> webhook;
        Kind kind = Kind::first;
        common::Instant start;
        LaneSilence::Start silence;
        common::DeviceTime begun{}; ///< when its request was made
    };

    [[nodiscard]] LanePlan plan() const;
    void leave_out();
    void take_back();
    common::Task<> read_fresh();
    common::Task<> read_retries();

    void expire(const Delivery& delivery);
    void start(Delivery delivery, std::shared_ptr<const Webhook> webhook, Kind kind);
    static common::Task<> make_attempt(std::shared_ptr<Lane> lane, Attempt attempt);

    void attempt_ended(const Attempt& attempt, const common::Result<common::HttpReply>& reply);
    void not_attempted(const Attempt& attempt, const std::string& error);
    void wake_neighbours(bool to_probe);
    void record_outcome(const Attempt& attempt, const Outcome& outcome, common::Millis wait);

    const std::shared_ptr<LaneContext> context_;
    LaneSilence silence_;
    LaneWebhook webhook_;
    FreshDeliveries fresh_;
    DueRetries retries_;
    TriedDeliveries tried_;
    LaneLog log_;
    common::Wakeup wakeup_;
    HoldTimes hold_times_;
    OpenAttempts open_;
    std::size_t in_flight_ = 0;
    std::size_t fresh_in_flight_ = 0;
    common::Instant read_fresh_at_{};   ///< not before
    common::Instant read_retries_at_{}; ///< not before
};

} // namespace agent

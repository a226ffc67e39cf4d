// Lane: the deliveries to one target (scheme, host, port): its connections, its retries, its probe.
// Fresh deliveries go first; retries get the connections that no fresh one needs, and always leave
// one free where there are two. Loop thread. After a crash the queue still has everything that a
// lane had.
//
// While no attempt gets an HTTP answer, the target counts as unreachable: retries wait for a single
// probe, and fresh deliveries go one at a time. Any answer ends that, and whatever is due goes out
// at once.
//
// An attempt that could not be made for a reason of this device's own is none. Its webhook's
// deliveries leave memory, and are read back when OwnFaults says.
#pragma once

#include "agent/config/config.hpp"
#include "agent/delivery/connection_budget.hpp"
#include "agent/delivery/due_retries.hpp"
#include "agent/delivery/fresh_deliveries.hpp"
#include "agent/delivery/lane_log.hpp"
#include "agent/delivery/lane_plan.hpp"
#include "agent/delivery/lane_webhooks.hpp"
#include "agent/delivery/own_faults.hpp"
#include "agent/queue/queue.hpp"
#include "agent/webhooks/counters.hpp"
#include "common/async/clock.hpp"
#include "common/http_client/http_client.hpp"

#include <map>
#include <memory>
#include <random>
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

    ConnectionBudget budget{config};
    OwnFaults own_faults{clock};
    common::TaskGroup attempts{loop};
    common::TaskGroup lanes{loop};
    common::Wakeup attempt_ended{loop, clock};
    std::unordered_set<std::int64_t> in_flight{}; ///< ids of the deliveries being tried
    /// The lane that has a serving webhook's deliveries now.
    std::unordered_map<std::string, std::shared_ptr<Lane>> by_webhook{};
    std::uint64_t progress = 0;
    std::mt19937_64 random{std::random_device{}()};

    /// In [0, 1).
    double chance();
};

class Lane final : public ConnectionUser, public std::enable_shared_from_this<Lane> {
  public:
    using Webhooks = LaneWebhooks::ByKey;

    Lane(std::shared_ptr<LaneContext> context, std::string origin);

    /// Reads from the queue and waits; ends once the lane has no webhooks and nothing in flight.
    static common::Task<> run(std::shared_ptr<Lane> lane);

    /// These are its webhooks from now on. If the keys differ, what it held is read back.
    void serve(Webhooks webhooks);
    /// A new committed delivery of one of its webhooks.
    void committed(Delivery delivery);
    /// Deliveries were retried or dropped from outside.
    void rows_changed(const Selection& selection);

    [[nodiscard]] bool wants() const override { return plan().starts(); }
    [[nodiscard]] bool reachable() const override { return !outage_; }
    bool start_one() override;

    [[nodiscard]] const std::string& origin() const { return origin_; }
    [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
    [[nodiscard]] std::size_t held() const { return fresh_.size() + retries_.size(); }
    [[nodiscard]] bool ended() const { return webhooks_.empty() && in_flight_ == 0; }

  private:
    struct Outage {
        std::uint32_t failures = 1; ///< the attempt that began it, and its probes
        common::Instant probe_at;
        bool probing = false;
    };
    enum class Kind { first, retry, probe };
    struct Attempt {
        Delivery delivery;
        std::shared_ptr<const Webhook> webhook;
        Kind kind = Kind::first;
        std::uint64_t answers = 0; ///< the lane's answers_ when it started
        bool in_outage = false;    ///< the target was unreachable when it started
    };

    [[nodiscard]] LanePlan plan() const;
    void leave_out(const std::string& webhook);
    void take_back();
    common::Task<> read_fresh();
    common::Task<> read_retries();

    [[nodiscard]] bool expired(const Delivery& delivery, const Webhook& webhook) const;
    void expire(const Delivery& delivery);
    void start(Delivery delivery, std::shared_ptr<const Webhook> webhook, Kind kind);
    static common::Task<> make_attempt(std::shared_ptr<Lane> lane, Attempt attempt);

    void attempt_ended(const Attempt& attempt, const common::Result<common::HttpReply>& reply);
    void not_attempted(const Attempt& attempt, const std::string& error);
    void note_answer();
    bool note_no_answer(const Attempt& attempt);
    void record_outcome(const Delivery& delivery, const Outcome& outcome, common::Millis wait);
    void probe_now();

    const std::shared_ptr<LaneContext> context_;
    const std::string origin_;
    LaneWebhooks webhooks_;
    FreshDeliveries fresh_;
    DueRetries retries_;
    LaneLog log_;
    common::Wakeup wakeup_;
    std::optional<Outage> outage_;
    std::uint64_t answers_ = 0;
    std::size_t in_flight_ = 0;
    std::size_t fresh_in_flight_ = 0;
    common::Instant read_fresh_at_{};   ///< not before
    common::Instant read_retries_at_{}; ///< not before
};

} // namespace agent

// Lane: the deliveries to one target (scheme, host, port): its slots, its retries, its probe. Fresh
// deliveries have the first claim on a slot and leave it to retries only when there are none; one
// slot is never a retry's, where there are two. Loop thread. After a crash the queue has everything
// that a lane had.
//
// While no attempt gets an HTTP answer the target counts as unreachable: retries wait behind a
// single probe, fresh ones go one at a time. Any answer ends that, and what is due goes out at
// once.
#pragma once

#include "agent/config/config.hpp"
#include "agent/delivery/connection_budget.hpp"
#include "agent/delivery/lane_log.hpp"
#include "agent/delivery/lane_memory.hpp"
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

namespace agent {

class Lane;

/// What lanes share. Lanes and attempts hold on to it; the parts that it refers to outlive
/// Dispatcher::stop().
struct LaneContext {
    common::Executor loop;
    common::Clock& clock;
    common::HttpClient& client;
    Queue& queue;
    const Config& config;
    Counters& stats;

    ConnectionBudget budget{config};
    common::TaskGroup attempts{loop};
    common::TaskGroup lanes{loop};
    common::Wakeup attempt_ended{loop, clock};    ///< an attempt has ended
    std::unordered_set<std::int64_t> in_flight{}; ///< deliveries being tried
    std::unordered_map<std::string, std::shared_ptr<Lane>>
        by_webhook{}; ///< the lane that has a serving webhook's deliveries now
    std::uint64_t progress = 0;
    std::mt19937_64 random{std::random_device{}()};

    /// In [0, 1).
    double chance();
};

class Lane : public std::enable_shared_from_this<Lane> {
  public:
    using Webhooks = std::map<std::string, std::shared_ptr<const Webhook>>; ///< by key

    Lane(std::shared_ptr<LaneContext> context, std::string origin);

    /// Reads back, waits for times; ends once the lane has no webhooks and nothing in flight.
    static common::Task<> run(std::shared_ptr<Lane> lane);

    /// These are its webhooks from now on. Other keys than before: what it held is read back.
    void serve(Webhooks webhooks);
    /// A new committed delivery of one of its webhooks.
    void committed(Delivery delivery);
    /// Somebody retried or dropped deliveries.
    void rows_changed(const Selection& selection);

    /// Whether there is something that may start now, given a slot.
    [[nodiscard]] bool wants() const;
    /// Takes a slot and starts an attempt; false when nothing may start after all.
    bool start_one();

    [[nodiscard]] const std::string& origin() const { return origin_; }
    [[nodiscard]] bool reachable() const { return !outage_; }
    [[nodiscard]] std::size_t in_flight() const { return in_flight_; }
    [[nodiscard]] std::size_t held() const { return memory_.size(); }
    [[nodiscard]] bool ended() const { return webhooks_.empty() && in_flight_ == 0; }

  private:
    struct Outage {
        std::uint32_t failures = 1; ///< the attempt that began it, and the probes
        common::Instant probe_at;
        bool probing = false;
    };
    enum class Kind { first, retry, probe };
    struct Flight {
        Delivery delivery;
        std::shared_ptr<const Webhook> webhook;
        Kind kind = Kind::first;
        std::uint64_t answers = 0; ///< of the lane when it started
        bool in_outage = false;    ///< the lane was unreachable when it started
    };
    static common::Task<> attempt(std::shared_ptr<Lane> lane, Flight flight);

    common::Task<> read_fresh();
    common::Task<> read_retries();
    [[nodiscard]] bool may_read_fresh() const;
    [[nodiscard]] bool may_read_retries() const;
    [[nodiscard]] std::optional<common::Instant> next_time() const;
    [[nodiscard]] std::vector<std::string> keys() const;

    [[nodiscard]] std::size_t connection_limit() const;
    [[nodiscard]] bool may_try_fresh() const;
    [[nodiscard]] bool may_try_retry() const;
    [[nodiscard]] bool expired(const Delivery& delivery, const Webhook& webhook) const;
    void expire(const Delivery& delivery);
    void launch(Delivery delivery, std::shared_ptr<const Webhook> webhook, Kind kind);

    void attempt_ended(const Flight& flight, const common::Result<common::HttpReply>& reply);
    void note_answer();
    bool note_no_answer(const Flight& flight);
    void settle(const Flight& flight, const Outcome& outcome, common::Millis wait);
    void probe_now();

    const std::shared_ptr<LaneContext> context_;
    const std::string origin_;
    Webhooks webhooks_;
    LaneMemory memory_;
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

// LaneLog: what a lane logs: that its target stops answering or refuses a webhook's deliveries,
// that this is over, and dead letters. Never each attempt: at most one line of each kind a minute.
// Loop thread.
#pragma once

#include "agent/webhooks/delivery.hpp"
#include "common/async/clock.hpp"

#include <map>
#include <optional>
#include <string>

namespace agent {

class LaneLog {
  public:
    explicit LaneLog(common::Clock& clock) : clock_{clock} {}
    void attempt_ended(const Webhook& webhook, const Delivery& delivery, const Outcome& outcome);

  private:
    /// The time from a failed attempt to the next one that succeeds.
    struct FailureStreak {
        std::optional<common::Instant> since;
        std::optional<common::Instant> logged_at; ///< the last time that a beginning was logged
        std::uint64_t failed = 0;
        bool logged = false; ///< this one's beginning
    };
    void failed(FailureStreak& streak, const char* message, const Webhook& webhook,
                const std::string& error);
    void succeeded(FailureStreak& streak, const char* message, const Webhook& webhook);
    void died(const Webhook& webhook, const Delivery& delivery, const std::string& error);

    common::Clock& clock_;
    FailureStreak unanswered_;                      ///< attempts without an HTTP answer
    std::map<std::string, FailureStreak> refusals_; ///< answers other than 2xx, by webhook
    std::optional<common::Instant> death_logged_at_;
    std::uint64_t deaths_not_logged_ = 0;
};

} // namespace agent

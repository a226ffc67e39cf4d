// LaneLog: what a lane tells in the log: that its target stopped to answer or refuses a webhook's
// deliveries, and that this is over; dead letters. Never each attempt: at most one line of a kind a
// minute, with the number of those left out. Loop thread.
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
    /// An attempt's outcome, whatever it is.
    void judged(const Webhook& webhook, const Delivery& delivery, const Outcome& outcome);

  private:
    /// From the first failed attempt to the first good one.
    struct Trouble {
        std::optional<common::Instant> since;
        std::optional<common::Instant> told_at; ///< the last time that its beginning was told
        std::uint64_t failed = 0;
        bool told = false;
    };
    void begins(Trouble& trouble, const char* message, const Webhook& webhook,
                const std::string& error);
    void ends(Trouble& trouble, const char* message, const Webhook& webhook);
    void died(const Webhook& webhook, const Delivery& delivery, const std::string& error);

    common::Clock& clock_;
    Trouble silence_;                         ///< no HTTP answer
    std::map<std::string, Trouble> refusals_; ///< answers other than 2xx, by webhook
    std::optional<common::Instant> death_told_at_;
    std::uint64_t deaths_untold_ = 0;
};

} // namespace agent

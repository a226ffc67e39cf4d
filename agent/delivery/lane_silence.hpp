// LaneSilence: whether a lane's attempts get no HTTP answer, and when it may probe. While nothing
// of its target answers, that is when the lanes there may, and they take turns. Loop thread;
// nothing survives a restart.
#pragma once

#include "agent/delivery/target.hpp"

#include <memory>
#include <optional>

namespace agent {

class LaneSilence {
  public:
    /// What was known when an attempt started.
    struct Start {
        std::uint64_t answers = 0;        ///< of the lane
        std::uint64_t target_answers = 0; ///< of all lanes of the target
        bool silent = false;
        bool probe = false;
        bool shared_probe = false; ///< for all lanes of the target
    };

    explicit LaneSilence(std::shared_ptr<Target> target) : target_{std::move(target)} {}

    [[nodiscard]] const std::shared_ptr<Target>& target() const { return target_; }
    [[nodiscard]] explicit operator bool() const { return own_.outage().has_value(); }
    // During silence.
    [[nodiscard]] common::Instant probe_at() const; ///< not before
    [[nodiscard]] bool probing() const;             ///< a probe is in flight
    /// How long retries wait for a probe to start; nothing without silence.
    [[nodiscard]] std::optional<common::Millis> probe_in(common::Instant now) const;

    Start attempt_starts(bool probe);
    /// Returns whether that ends an outage of the target, so that its other lanes may probe.
    bool answered();
    /// Returns whether the delivery waits for a probe rather than for its own backoff.
    bool not_answered(const Start& start, common::Instant now, const common::Backoff& backoff,
                      double chance);
    /// The attempt could not be made.
    void withdrawn(const Start& start);
    void probe_now(common::Instant now);     ///< whoever's turn it is
    void probe_own_now(common::Instant now); ///< unless the target as a whole is silent

  private:
    std::shared_ptr<Target> target_;
    Silence own_;
    std::uint64_t last_probe_ = 0; ///< the number of the last shared probe that was this lane's
};

} // namespace agent

// Silence: whether attempts get an HTTP answer, and if not, when to probe. Once for each webhook,
// as a path may hang where its neighbours answer, and once for their target as a whole. Loop
// thread; nothing survives a restart.
#pragma once

#include "common/base/backoff.hpp"
#include "common/base/time.hpp"

#include <cstdint>
#include <optional>

namespace agent {

class Silence {
  public:
    /// From an attempt without an answer until the next answer.
    struct Outage {
        std::uint32_t failures = 1; ///< the attempt that began it, and its probes
        common::Instant probe_at;
        bool probing = false; ///< the probe is in flight
    };

    [[nodiscard]] const std::optional<Outage>& outage() const { return outage_; }
    /// Grows with each answer: to be remembered when an attempt starts.
    [[nodiscard]] std::uint64_t answers() const { return answers_; }

    /// Returns whether that ended an outage.
    bool answered();
    /// An attempt that started at `answers` got none. Returns false if there have been others since
    /// then, so that the cause is that attempt's delivery.
    bool not_answered(std::uint64_t answers, bool probe, common::Instant now,
                      const common::Backoff& backoff, double chance);
    // Without an outage, these do nothing.
    void probe_started();
    void probe_withdrawn(); ///< it could not be made
    void probe_at(common::Instant when);

  private:
    std::optional<Outage> outage_;
    std::uint64_t answers_ = 0;
};

} // namespace agent

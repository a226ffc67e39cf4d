// LanePlan: what a lane may do now, given a connection, and when it has to wake up, decided from
// plain values. The second follows from the first, so that a lane can neither sleep for ever nor
// spin. Pure.
#pragma once

#include "common/base/time.hpp"

#include <cstddef>
#include <optional>

namespace agent {

/// Everything that a lane's next step depends on.
struct LaneSituation {
    common::Instant now{};
    bool serving = true;             ///< it has a webhook
    std::size_t fresh_in_flight = 0; ///< first attempts

    bool has_fresh = false;                    ///< in memory
    bool has_retry = false;                    ///< in memory
    bool wants_fresh = false;                  ///< memory runs low and there are more on disk
    common::Instant read_fresh_at{};           ///< not before
    std::optional<common::Instant> next_retry; ///< memory runs low: when the next on disk is due
    common::Instant read_retries_at{};         ///< not before

    bool silent = false;        ///< no HTTP answer since an attempt got none
    bool probing = false;       ///< the probe is in flight
    common::Instant probe_at{}; ///< not before
};

struct LanePlan {
    bool read_fresh = false;
    bool read_retries = false;
    bool start_fresh = false; ///< goes before start_retry
    bool start_retry = false; ///< during silence: as the probe
    /// The next time at which one of the above changes if nothing else happens.
    std::optional<common::Instant> wake_at;

    [[nodiscard]] bool reads() const { return read_fresh || read_retries; }
    [[nodiscard]] bool starts() const { return start_fresh || start_retry; }
    friend bool operator==(const LanePlan&, const LanePlan&) = default;
};

LanePlan make_plan(const LaneSituation& situation);

} // namespace agent

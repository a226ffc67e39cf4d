// CommitPlan: what the committer does next. Pure: every condition for writing or waiting stands
// here and nowhere else, so a wakeup cannot be missed.
#pragma once

#include "common/base/time.hpp"

#include <cstddef>
#include <optional>

namespace agent {

inline constexpr common::Millis outcome_delay{1'000}; ///< an outcome waits at most this long

/// The commit that ended last. Producers that wait for each answer send their next event right
/// after it: a commit that begins before they have come carries only those that came too late for
/// the last one, and each producer waits for two.
struct LastCommit {
    common::Instant ended{};
    common::Instant::duration took{};
    std::size_t answered = 0; ///< requests that it answered
    std::size_t followed = 0; ///< requests that have come since it ended
};

struct CommitState {
    enum class Phase {
        running,
        stopping, ///< told to stop; the last time anchor is not written yet
        draining, ///< it is written; only requests that came before the stop are left
    };
    Phase phase = Phase::running;
    common::Instant now{};
    std::optional<common::Instant> requests_since; ///< the oldest request that waits
    bool group_is_full = false;                    ///< more bytes wait than one group may hold
    std::optional<common::Instant> outcomes_since; ///< the oldest outcome that waits
    bool outcomes_are_many = false;                ///< more would hold up those who read the queue
    bool flush_wanted = false;
    bool degraded = false;           ///< the last write failed
    common::Instant retry_at{};      ///< if degraded
    common::Millis commit_window{0}; ///< [queue] commit_window
    LastCommit last{};
};

struct CommitPlan {
    bool refuse = false; ///< new requests and flushes must not wait: the database is not tried yet
    bool write = false;  ///< write a group of what waits now
    bool probe = false;  ///< write it even if it is empty
    std::optional<common::Instant> wake_at; ///< if not now: when to plan again without news
};

CommitPlan plan_commit(const CommitState& state);

} // namespace agent
